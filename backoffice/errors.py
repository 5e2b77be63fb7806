"""What a visitor sees when a page fails outside the REST API's own views: a sentence and a number to quote."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from backoffice.logging import request_id

RETRY_AFTER_SECONDS = 5


def server_error(request: HttpRequest) -> HttpResponse:
    """503 when PostgreSQL did not answer in time, else 500; the traceback is in the log, with the same id."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        problem = describe(503, "database_unavailable", "The database does not answer. Try again shortly.")
    else:
        problem = describe(
            500, "internal_error", "Something went wrong here. It has been written to the log."
        )
    problem["request_id"] = request_id.get()
    response = answer(request, problem)
    if problem["status"] == 503:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def describe(status: int, code: str, detail: str) -> dict[str, Any]:
    """A problem in the words of RFC 9457."""
    title = {500: "Internal Server Error", 503: "Service Unavailable"}[status]
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}


def answer(request: HttpRequest, problem: dict[str, Any]) -> HttpResponse:
    """JSON for programs, a page for people."""
    if request.path.startswith("/api/"):
        return JsonResponse(problem, status=problem["status"], content_type="application/problem+json")
    return render(request, "error.html", problem, status=problem["status"])
