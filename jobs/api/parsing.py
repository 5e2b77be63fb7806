"""Reads request bodies: JSON, strictly, and no more of it than anyone needs."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser


class TooLarge(APIException):
    """The body or its params are larger than we take."""

    status_code = 413
    default_detail = "The request is too large."
    default_code = "too_large"


class StrictJSONParser(JSONParser):
    """JSON as RFC 8259 and nothing else: no NaN, no key twice, no number beyond a float, UTF-8 only."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body.

        Raises: ParseError, TooLarge.
        """
        body = _read(stream, (parser_context or {})["request"].META.get("CONTENT_LENGTH"))
        try:
            return json.loads(
                body.decode("utf-8"),
                object_pairs_hook=_no_key_twice,
                parse_constant=_refuse_constant,
                parse_float=_finite,
            )
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error


def _read(stream: IO[bytes], length: str | None) -> bytes:
    limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    # A chunked body has no length, so what is read counts, too.
    if (length or "0").isdigit() and int(length or 0) > limit:
        raise TooLarge(f"A body may have {limit} bytes.")
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise TooLarge(f"A body may have {limit} bytes.")
    return body


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        # Which of the two counts depends on the reader: what one door checks another would not see.
        raise ValueError("a key stands in it twice")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
