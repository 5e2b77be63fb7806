"""How the API describes itself: OpenAPI 3.1, each operation with every status it can answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import django_filters
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from jobs.api import examples, filters
from jobs.api.problems import MEDIA_TYPE
from jobs.api.shapes import ProblemSerializer

# What any request may be answered with: a bad query, no token, Accept without JSON, too often, no database.
ALWAYS = (400, 401, 406, 429, 503)
SENDING = (403, 411, 413, 415)  # 403: a session without its CSRF token, too
WORDS = {
    400: "The query or the body is not valid; `errors` names each fault.",
    401: "No valid token.",
    403: "The caller lacks the permission, or a session its CSRF token.",
    404: "There is nothing here that the caller may see.",
    406: "The answer is JSON, and Accept refuses it.",
    409: "The job's status does not allow it, or a job of its kind is active.",
    411: "The body came in chunks, without its Content-Length.",
    413: "The body or its params are too large.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests; wait Retry-After seconds.",
    503: "The broker or the database does not answer: nothing was accepted. Wait Retry-After seconds.",
    504: "Whether the job was accepted is not known; ask for `id`, or repeat with the same Idempotency-Key.",
}
HEADERS: Mapping[str, tuple[str, Sequence[int]]] = {
    "Retry-After": ("Seconds until asking again makes sense.", (200, 201, 202, 429, 503)),
    "ETag": ("The version of the job, or the hash of the file.", (200, 201, 202, 304)),
    "Location": ("The address of the new job.", (201,)),
    "Idempotency-Replayed": ("`true` when an earlier request under the key made the job.", (201,)),
}
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Makes repeating safe: whatever arrives again under the key changes nothing.",
)
KNOWN = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag the caller has; 304 while it holds."
)


class TokenScheme(OpenApiAuthenticationExtension):
    """The token as a bearer's, which tools and generated clients know how to send."""

    target_class = "jobs.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that the admin showed. The scheme `Token` is taken as well.",
        }


def operation(
    summary: str,
    answers: Mapping[Any, Any],
    *,
    tag: str = "Jobs",
    problems: Sequence[int] = (),
    parameters: Sequence[OpenApiParameter] = (),
    request: type[Serializer[Any]] | None = None,
    headers: Sequence[str] = (),
    id: str,
) -> Callable[[Any], Any]:
    """Describe a view's method.

    `answers` maps statuses of success, or pairs of status and media type, to a serializer; None means no body.
    """
    refused = sorted({*ALWAYS, *problems} | (set(SENDING) if request else set()))
    successes = {
        status: OpenApiResponse(serializer, description=summary, examples=examples.of(id, status))
        for status, serializer in answers.items()
    }
    return extend_schema(
        operation_id=id,
        summary=summary,
        tags=[tag],
        request=request,
        responses={**successes, **_refusals(refused)},
        parameters=[*parameters, *(_header(name, {*answers, *refused}) for name in headers)],
    )


def _refusals(statuses: Sequence[int]) -> dict[Any, OpenApiResponse]:
    problems: dict[Any, OpenApiResponse] = {
        (status, MEDIA_TYPE): OpenApiResponse(
            ProblemSerializer, description=WORDS[status], examples=examples.of("problem", status)
        )
        for status in statuses
    }
    too_long = OpenApiResponse(description="The address is too long. The web server's answer, in HTML.")
    return problems | {414: too_long}


def _header(name: str, answers: Collection[Any]) -> OpenApiParameter:
    """A header of those `answers` that carry it."""
    description, statuses = HEADERS[name]
    carry = [status for status in statuses if status in answers or (status, "*/*") in answers]
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, response=carry)


def query(name: str, schema: Mapping[str, Any], description: str = "") -> OpenApiParameter:
    """A query parameter with its JSON Schema."""
    kind = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return OpenApiParameter(name, dict(schema), OpenApiParameter.QUERY, description=description, **kind)


def filter_parameters() -> list[OpenApiParameter]:
    """The query parameters of JobFilter."""
    return [query(name, _filter_schema(one)) for name, one in filters.JobFilter.base_filters.items()]


def _filter_schema(one: django_filters.Filter) -> dict[str, Any]:
    match one:
        case filters.SomeOfFilter():
            return {"type": "array", "items": {"type": "string", "enum": one.extra["words"]}, "minItems": 1}
        case filters.IdsFilter():
            ids = {"type": "string", "format": "uuid"}
            return {"type": "array", "items": ids, "minItems": 1, "maxItems": filters.IDS_LIMIT}
        case filters.OneOfFilter():
            return {"type": "string", "enum": one.extra["words"]}
        case filters.MomentFilter():
            return {"type": "string", "format": "date-time"}
        case django_filters.UUIDFilter():
            return {"type": "string", "format": "uuid"}
    return {"type": "string", "minLength": 1, "maxLength": one.extra["max_length"]}
