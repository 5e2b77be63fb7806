"""The entries of a problem's `errors`: what is wrong with a request, and where."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse
from rest_framework.exceptions import ErrorDetail

from jobs.errors import InvalidBatch, InvalidParams, Refused, UnknownJobType
from jobs.safe_text import storable

TEXT_LIMIT = 500


def body_error(pointer: str, detail: str, code: str) -> dict[str, str]:
    """One entry of `errors` about the body; `pointer` is a JSON Pointer (RFC 6901)."""
    return {
        "pointer": storable(pointer, TEXT_LIMIT),
        "detail": storable(detail, TEXT_LIMIT),
        "code": code,
    }


def header_error(header: str, detail: str, code: str) -> dict[str, str]:
    """One entry of `errors` about a header."""
    return {"header": header, "detail": storable(detail, TEXT_LIMIT), "code": code}


def query_error(parameter: str, detail: str, code: str) -> dict[str, str]:
    """One entry of `errors` about the query."""
    return {
        "parameter": storable(parameter, TEXT_LIMIT),
        "detail": storable(detail, TEXT_LIMIT),
        "code": code,
    }


def service_error_entries(error: Refused, pointer: str = "") -> Iterator[dict[str, str]]:
    """The entries for an error of a service; `pointer` leads to the job in the body."""
    match error:
        case InvalidParams():
            for param in error.errors:
                name = f"/{escaped(param.name)}" if param.name else ""
                yield body_error(f"{pointer}/params{name}", param.message, param.code)
        case InvalidBatch():
            for index, one in error.errors.items():
                yield from service_error_entries(one, f"/jobs/{index}")
        case UnknownJobType():
            sentence = f"{error} GET {reverse('jobs_api:job-types')} lists them."
            yield body_error(f"{pointer}/type", sentence, error.code)
        case _:
            field = f"/{error.field}" if error.field else ""
            yield body_error(f"{pointer}{field}", str(error), error.code)


def validation_errors(detail: Any, pointer: str = "") -> Iterator[dict[str, str]]:
    """The entries for DRF's nested error details."""
    if isinstance(detail, ErrorDetail):
        yield body_error(pointer, str(detail), str(detail.code))
    elif isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from validation_errors(
                inner, pointer if key == "non_field_errors" else f"{pointer}/{escaped(str(key))}"
            )
    else:
        for item in detail:
            yield from validation_errors(item, pointer)


def escaped(name: str) -> str:
    """Return a name as one step of a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")
