"""Describes the operations in OpenAPI 3.1, each with every status that it can answer."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from jobs.api.http import long_poll, pagination
from jobs.api.http.filters import ApiFilters
from jobs.api.http.problems import PROBLEM_MEDIA_TYPE, ProblemSerializer
from jobs.api.schema.codes import STATUSES
from jobs.api.schema.examples import response_examples
from jobs.filters import (
    IDS_LIMIT,
    ORDERINGS,
    QUALIFIERS,
    IdsFilter,
    MomentFilter,
    OneOfFilter,
    SomeOfFilter,
)

# Of every operation: invalid query, no token, Accept without JSON, too many requests, no database.
ALWAYS = (400, 401, 406, 429, 503)
WITH_BODY = (403, 411, 413, 415)  # 403: also a session without its CSRF token


@dataclass(frozen=True)
class Header:
    """A response header, and the statuses that have it always or sometimes."""

    description: str
    always: Sequence[int] = ()
    sometimes: Sequence[int] = ()


HEADERS: Mapping[str, Header] = {
    "Retry-After": Header(
        "Seconds to wait before the next request; 200 and 304 have it while the job is active.",
        always=(201, 202, 429, 503),
        sometimes=(200, 304),
    ),
    "WWW-Authenticate": Header("The schemes in which a token can be sent.", always=(401,)),
    "ETag": Header(
        "The version of the job, or the hash of the file.", always=(200, 201, 202, 206, 304, 412)
    ),
    "Location": Header("The address of the new job.", always=(201,)),
    "Idempotency-Replayed": Header(
        "`true` if an earlier request with the key made the job.", sometimes=(201,)
    ),
    "Content-Disposition": Header("The name to save the file under.", always=(200, 206)),
    "Accept-Ranges": Header("`bytes`: the download takes ranges.", always=(200, 206)),
    "Content-Range": Header(
        "The range of these bytes, and the size of the file.", always=(206, 416)
    ),
}
# Headers of every operation: what to do after 401, 429 and 503.
ALWAYS_HEADERS = ("Retry-After", "WWW-Authenticate")
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Makes it safe to repeat the request: the key accepts it only once.",
)


def request_header(name: str, description: str) -> OpenApiParameter:
    """A request header that a caller may send."""
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


IF_NONE_MATCH = request_header("If-None-Match", "The ETag that you have; 304 while it is current.")


class TokenScheme(OpenApiAuthenticationExtension):
    """The token as a bearer token, which tools and generated clients can send."""

    target_class = "jobs.api.http.callers.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that the admin showed. The scheme `Token` works as well.",
        }


class StrictBody(OpenApiSerializerExtension):
    """Closes the schema of each body that refuses unknown fields."""

    target_class = "jobs.api.bodies.StrictSerializer"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


def described(**options: Any) -> Callable[[Any], Any]:
    """Describe a method of a view, as `extend_schema` does with these options.

    By itself it extends the class that a site's REST_FRAMEWORK names, which may be one of DRF.
    """

    def decorate(method: Any) -> Any:
        method.schema = AutoSchema
        return extend_schema(**options)(method)

    return decorate


def operation(
    summary: str,
    answers: Mapping[Any, Any],
    *,
    tag: str = "Jobs",
    problems: Sequence[int] = (),
    parameters: Sequence[OpenApiParameter] = (),
    request: type[Serializer[Any]] | Mapping[str, Any] | None = None,
    headers: Sequence[str] = (),
    id: str,
) -> Callable[[Any], Any]:
    """Describe a method of a view in the schema.

    `answers` maps statuses of success to the serializer of the body, or None without a body. A key
    may be a tuple of the status and media types.
    """
    errors = sorted({*ALWAYS, *problems} | (set(WITH_BODY) if request else set()))
    successes = {
        status: OpenApiResponse(
            serializer, description=summary, examples=response_examples(id, status)
        )
        for status, serializer in answers.items()
    }
    statuses = {one[0] if isinstance(one, tuple) else one for one in (*answers, *errors)}
    names = dict.fromkeys((*ALWAYS_HEADERS, *headers))
    return described(
        operation_id=id,
        summary=summary,
        tags=[tag],
        request=request,
        responses={**successes, **_problem_responses(errors)},
        parameters=[*parameters, *(one for name in names for one in _header(name, statuses))],
    )


def _problem_responses(statuses: Sequence[int]) -> dict[Any, OpenApiResponse]:
    problems: dict[Any, OpenApiResponse] = {
        (status, PROBLEM_MEDIA_TYPE): OpenApiResponse(
            ProblemSerializer,
            description=STATUSES[status],
            examples=response_examples("problem", status),
        )
        for status in statuses
    }
    too_long = OpenApiResponse(
        description="The address is too long; answered by the web server, in HTML."
    )
    return problems | {414: too_long}


def _header(name: str, statuses: Collection[int]) -> Iterator[OpenApiParameter]:
    """The header in the answers of those `statuses` that have it."""
    header = HEADERS[name]
    for having, required in ((header.always, True), (header.sometimes, False)):
        if matching := [status for status in having if status in statuses]:
            yield OpenApiParameter(
                name,
                str,
                OpenApiParameter.HEADER,
                description=header.description,
                required=required,
                response=matching,
            )


def query(name: str, schema: Mapping[str, Any], description: str = "") -> OpenApiParameter:
    """A query parameter with its JSON Schema."""
    kind = {"style": "form", "explode": False} if schema.get("type") == "array" else {}
    return OpenApiParameter(
        name, dict(schema), OpenApiParameter.QUERY, description=description, **kind
    )


FILTERS_EXPLAINED = {
    "q": "Beginnings of words in the name, requester, token and error, or of an id; and filters "
    f"such as `by:maria status:failed`: {', '.join(f'{one}:' for one in QUALIFIERS)}.",
    "about": "The object that the job is about: its model and key, such as `shop.order:17`.",
    "error": "Beginnings of words in the error's code, type, and first line.",
    "id": "Ids, or at least the first 8 characters of each.",
}


def filter_parameters() -> list[OpenApiParameter]:
    """Return the query parameters that filter jobs."""
    return [
        query(name, _filter_schema(one), FILTERS_EXPLAINED.get(name, ""))
        for name, one in ApiFilters.base_filters.items()
    ]


def _filter_schema(one: django_filters.Filter) -> dict[str, Any]:
    match one:
        case SomeOfFilter():
            return {
                "type": "array",
                "items": {"type": "string", "enum": one.extra["allowed"]},
                "minItems": 1,
            }
        case IdsFilter():
            ids = {"type": "string", "minLength": 8, "maxLength": 36}
            return {"type": "array", "items": ids, "minItems": 1, "maxItems": IDS_LIMIT}
        case OneOfFilter():
            return {"type": "string", "enum": one.extra["allowed"]}
        case MomentFilter():
            return {"type": "string", "format": "date-time"}
        case django_filters.UUIDFilter():
            return {"type": "string", "format": "uuid"}
    return {"type": "string", "minLength": 1, "maxLength": one.extra["max_length"]}


LIST_PARAMETERS = (
    query(
        "ordering",
        {"type": "string", "enum": list(ORDERINGS)},
        "-finished_at: settled jobs only.",
    ),
    query("cursor", {"type": "string", "minLength": 1}, "From `next` or `previous`."),
    query(
        "page_size",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": pagination.PAGE_SIZE_LIMIT,
            "default": pagination.PAGE_SIZE,
        },
    ),
    query("count", {"type": "boolean", "default": False}, "Add `count`, at most 10,000."),
)
WAIT = query(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": long_poll.LONGEST_SECONDS},
    "Wait until the status changes, but at most so many seconds.",
)
