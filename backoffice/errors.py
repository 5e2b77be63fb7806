"""Error responses outside the REST API's own views: an explanation and the request id to quote."""

import sys
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import Error
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from backoffice.logging import request_id
from backoffice.missing_rights import refusal_of
from jobs.admin import signed_out
from jobs.database import send_failure, unavailable
from jobs.durations import humanize_seconds
from jobs.errors import StorageFull, Unavailable
from jobs.signals import send_refusal
from jobs.storage import has_no_room

FRAMED = (400, 403, 404, 405)  # these say nothing about the server
# Headings of pages, in place of the phrases of HTTP, which are for programmers.
HEADINGS = {
    400: "This request was not understood",
    403: "Not allowed",
    404: "Page not found",
    405: "There is no page here",
    411: "This request was not understood",
    413: "This is too large",
    429: "Too many attempts",
    500: "An unexpected error",
    503: "Not available right now",
    504: "The outcome is not known",
    507: "There is no room",
}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_response(request, 400, "bad_request", "The request is malformed.")


def explain_method(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """Return a page that explains a 405; Django's own is blank."""
    detail = "This address only accepts forms and API requests; it has no page to show."
    response = error_response(request, 405, "method_not_allowed", detail)
    response["Allow"] = refused["Allow"]
    return response


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return a 403 that says which right is missing and, to staff, who can give it."""
    refusal = refusal_of(request, exception)
    return error_response(request, 403, "permission_denied", refusal.text, refusal.whom_to_ask)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    detail, advice = "There is nothing at this address.", ""
    if isinstance(exception, Http404) and request.resolver_match:
        advice = "It may have been deleted, or you may not have the right to see it."
    return error_response(request, 404, "not_found", detail, advice)


def not_from_our_page(request: HttpRequest, reason: str) -> HttpResponse:
    """Answer a form that fails the CSRF check.

    The usual reason is a page that is older than a sign-in in another tab. Django's own page has
    inline style, which our content policy forbids.
    """
    if again := signed_out.refuse_old_page(request):
        return again
    detail = (
        "Nothing was done: this form is not from one of our pages, or you signed in again after "
        "you opened it. Go back, reload the page and send it again."
    )
    return error_response(request, 403, "csrf_failed", detail)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: object) -> HttpResponse:
    """Return the 429 that django-axes answers after too many wrong passwords."""
    wait = settings.AXES_COOLOFF_TIME.total_seconds()
    detail = f"Too many wrong passwords. Try again in {humanize_seconds(wait)}."
    refused = error_response(request, 429, "locked_out", detail)
    refused["Retry-After"] = f"{wait:.0f}"
    return refused


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 503 if PostgreSQL is in trouble, else 500; the log has the traceback and the same id.

    If PostgreSQL went away while a job was being accepted the status is 504, because 503 would say
    that no job was accepted.
    """
    error = sys.exception()
    if isinstance(error, Error):
        send_failure(error)
    found = unavailable(error) if isinstance(error, Error) else error
    if has_no_room(found):  # TMPDIR, while Django was reading a file of a form
        sentence = "The server has no room for the file: nothing was kept."
        found = StorageFull(sentence, str(found))
    if isinstance(found, Unavailable):
        return unavailable_response(request, found)
    detail = "Something went wrong on the server. The error has been logged."
    return error_response(request, 500, "error", detail)


def unavailable_response(request: HttpRequest, error: Unavailable) -> HttpResponse:
    """Return 503 or 504 with the error's sentence, and when to try again."""
    advice = " Try again shortly." if error.had_no_effect else ""
    response = error_response(request, error.status, error.code, f"{error}{advice}")
    if error.retry_after_seconds is not None:
        response["Retry-After"] = str(error.retry_after_seconds)
    return response


def error_response(
    request: HttpRequest, status: int, code: str, detail: str, advice: str = ""
) -> HttpResponse:
    """Return problem+json (RFC 9457) under /api/, and an HTML page elsewhere.

    `advice` is shown on the page alone.
    """
    is_api = request.path_info.startswith("/api/")
    send_refusal("api" if is_api else "admin", code)
    title = HTTPStatus(status).phrase
    problem = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    problem |= {"request_id": request_id.get(), "errors": []}
    if is_api:
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    shown = problem | {"title": HEADINGS.get(status, title), "advice": advice}
    return HttpResponse(_error_page(request, shown), status=status)


def _error_page(request: HttpRequest, context: dict[str, Any]) -> str:
    """Return the page: in the frame of the admin for staff whose request was in order.

    For others and after a failure of the server it is rendered without the request, so that it
    does not depend on what has just failed. Its stylesheet has its plain name: the hashed one comes
    from a manifest that may be missing.
    """
    if context["status"] in FRAMED and admin.site.has_permission(request):
        site = admin.site.each_context(request) | {"is_nav_sidebar_enabled": False}
        return render_to_string("admin/jobs/frame/error.html", site | context, request)
    site = {
        "stylesheet": f"{settings.STATIC_URL}jobs/base/error.css",
        "home": reverse("admin:index"),
    }
    return render_to_string("error.html", site | context)
