"""Errors as RFC 9457 problem details: one shape for every status, without internals."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import Error
from django.http import Http404, UnreadablePostError
from rest_framework import serializers
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ValidationError
from rest_framework.exceptions import PermissionDenied as Forbidden
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.http import refusals
from jobs.api.http.error_entries import TEXT_LIMIT, service_error_entries, validation_errors
from jobs.api.http.sentences import sentence_of
from jobs.api.schema.codes import PROBLEM_CODES
from jobs.database import send_failure, unavailable
from jobs.errors import (
    DatabaseUnavailable,
    Invalid,
    InvalidBatch,
    NotPermitted,
    Refused,
    StorageUnavailable,
    Unavailable,
)
from jobs.models import ApiToken, Hold, Job, SiteLimit, Upload, Worker
from jobs.safe_text import storable
from jobs.signals import send_refusal

PROBLEM_MEDIA_TYPE = "application/problem+json"
ERRORS_LIMIT = 100

# Where the API words a kind of error in its own way, by code.
SENTENCES_IN_API = {
    "outcome_unknown": (
        "Whether the job was accepted is not known. Ask for its id later, or repeat the request"
        " with the same Idempotency-Key."
    ),
}
ADVICE = {"too_slow": "Ask for less: a shorter period."}
KEY_HEADER = "Idempotency-Key"
NOT_ACCEPTED = "No job was accepted from this request."
# PostgreSQL may have gone away after the COMMIT. Of submissions `publication.py` knows better.
NOT_CERTAIN = "Whether it was done is not certain: look, or repeat the request."
# A 504 may have come first: then the job of that request is stored and will run.
MAY_BE_ACCEPTED = f"An earlier request with the same {KEY_HEADER} may have been accepted."

logger = logging.getLogger(__name__)


class Problem(APIException):
    """A problem as an exception.

    `extra` is added to its body, `headers` to the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[dict[str, str]] | None = None,
        extra: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.status_code = status
        self.code = code
        self.errors = errors or []
        self.extra = extra or {}
        self.headers = headers or {}


class ProblemErrorSerializer(serializers.Serializer):
    """One fault: of the body (`pointer`), of the query (`parameter`) or of a header (`header`)."""

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    header = serializers.CharField(required=False)
    detail = serializers.CharField()
    code = serializers.CharField()


class JobIdField(serializers.UUIDField):
    """The id of a job; absent from problems that have none, where DRF would render null."""

    def get_attribute(self, instance: Mapping[str, Any]) -> Any:
        if self.field_name not in instance:
            raise serializers.SkipField
        return super().get_attribute(instance)


class ProblemSerializer(serializers.Serializer):
    """An error, by RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.ChoiceField(choices=PROBLEM_CODES)
    request_id = serializers.CharField()
    errors = ProblemErrorSerializer(many=True)
    id = JobIdField(required=False, allow_null=True, help_text="The job this is about (409, 504).")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response for an exception; None for a bug: Django's handler answers with 500."""
    request = context["request"]
    problem = as_problem(error, _effect(error, request, context["view"].nothing_done))
    if problem is None:
        return None
    send_refusal("api", str(problem.code))
    _count_refusal(problem, request)
    return problem_response(problem, request)


def _count_refusal(problem: Problem, request: Request) -> None:
    """Count a refused request for its token, if the request had one that is valid."""
    # Not request.auth, which would look up the token of a request that was refused before that.
    token = getattr(request, "_auth", None)
    if isinstance(token, ApiToken) and problem.status_code < 500:
        refusals.count(token, str(problem.code))


def _effect(error: Exception, request: Request, nothing_done: str) -> str:
    if request.method in SAFE_METHODS:
        return ""
    # If the broker is away, PostgreSQL has said that no earlier job is stored under the key.
    if not isinstance(error, DatabaseUnavailable | Error):
        return nothing_done
    if nothing_done != NOT_ACCEPTED:
        return NOT_CERTAIN
    return f"{NOT_ACCEPTED} {MAY_BE_ACCEPTED}" if KEY_HEADER in request.headers else NOT_ACCEPTED


def problem_response(problem: Problem, request: Request) -> Response:
    """The response to `request` that carries the problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "detail": storable(problem.detail, TEXT_LIMIT),
        "code": problem.code,
        "request_id": request.headers.get("X-Request-ID", ""),
        "errors": problem.errors[:ERRORS_LIMIT],
        **problem.extra,
    }
    data = ProblemSerializer(body).data
    return Response(
        data,
        status=problem.status_code,
        headers=dict(problem.headers),
        content_type=PROBLEM_MEDIA_TYPE,
    )


def as_problem(error: Exception, effect: str = "") -> Problem | None:
    """The problem that an exception stands for; None for a bug.

    `effect` is what a 503 says about the effect of the request.
    """
    match error:
        case Problem():
            return error
        case Invalid():
            return _invalid(error)
        case Refused():
            return Problem(
                error.status, error.code, str(error), extra=error.extra, headers=error.headers
            )
        case Unavailable():
            return _unavailable(error, effect)
        case Error():
            send_failure(error)
            found = unavailable(error)
            return None if found is None else _unavailable(found, effect)
    return _from_framework(error)


def _unavailable(error: Unavailable, effect: str) -> Problem:
    if isinstance(error, DatabaseUnavailable | StorageUnavailable):
        logger.warning(error.diagnosis)
    headers = {}
    if error.retry_after_seconds is not None:
        headers["Retry-After"] = str(error.retry_after_seconds)
    sentences = [SENTENCES_IN_API.get(error.code, str(error))]
    if error.had_no_effect:
        sentences += [effect, ADVICE.get(error.code, "Try again.")]
    detail = " ".join(filter(None, sentences))
    return Problem(error.status, error.code, detail, extra=error.extra, headers=headers)


def _from_framework(error: Exception) -> Problem | None:
    match error:
        case Http404() | Job.DoesNotExist() | Hold.DoesNotExist():
            return _from_rest(NotFound())
        case SiteLimit.DoesNotExist() | Upload.DoesNotExist() | Worker.DoesNotExist():
            return _from_rest(NotFound())
        case RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return Problem(413, "too_large", f"The body may have at most {limit:,} bytes.")
        case UnreadablePostError():  # the caller hung up: only the log shows this answer
            return Problem(400, "incomplete", "The body ended before its Content-Length.")
        case PermissionDenied():
            return _from_rest(Forbidden())
        case ValidationError():
            return invalid_request(list(validation_errors(error.detail)))
        case APIException():
            return _from_rest(error)
    return None


def _invalid(error: Invalid) -> Problem:
    """The problem for a name, type, params or batch that a service refuses."""
    if isinstance(error, InvalidBatch) and all(
        isinstance(one, NotPermitted) for one in error.errors.values()
    ):
        return Problem(403, "permission_denied", "You may not launch any of these jobs.")
    return invalid_request(list(service_error_entries(error)))


def invalid_request(errors: list[dict[str, str]]) -> Problem:
    """The problem for a request with these errors in its query, headers, body or params."""
    if any(one["code"] == "too_large" for one in errors):
        return Problem(413, "too_large", "The params are too large.", errors=errors)
    if all("parameter" in one for one in errors):
        return Problem(400, "invalid_query", "The query is not valid.", errors=errors)
    return Problem(400, "invalid", "The request is not valid.", errors=errors)


def _from_rest(error: APIException) -> Problem:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    detail = error.detail
    code = detail.code if isinstance(detail, ErrorDetail) else error.default_code
    return Problem(error.status_code, str(code), sentence_of(error), headers=headers)
