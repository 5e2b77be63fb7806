"""JSON as the API reads and writes it: strict in requests, with every time in UTC in answers."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.fields import DateTimeField
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from jobs import parameters
from jobs.safe_text import storable

KEY_SHOWN = 50


class StrictJSONParser(JSONParser):
    """Parses RFC 8259 only: no NaN, no repeated key, no number beyond a float, UTF-8 only.

    Two programs that read such a body cannot understand it differently.
    """

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body.

        Raises: ParseError.
        """
        try:
            return json.loads(
                stream.read().decode("utf-8"),
                object_pairs_hook=_refuse_repeated_keys,
                parse_constant=_refuse_constant,
                parse_float=_parse_finite,
            )
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        repeated = storable(next(name for name, count in counts.items() if count > 1), KEY_SHOWN)
        # Parsers disagree on which of the two counts: a proxy could check one value, and this site
        # use the other.
        raise ValueError(f'the key "{repeated}" occurs twice')
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _parse_finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


class UTCEncoder(JSONEncoder):
    """DRF's encoder, with each datetime in UTC and a final Z, regardless of TIME_ZONE."""

    def default(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return parameters.moment_text(value)
        return super().default(value)


class UTCRenderer(JSONRenderer):
    """JSON by UTCEncoder; UTCField leaves datetimes to it."""

    encoder_class = UTCEncoder
    compact = strict = True
    ensure_ascii = False


class UTCField(DateTimeField):
    """A datetime, which UTCEncoder writes in UTC; a site's DATETIME_FORMAT does not apply."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format=None, **options)


class OneFormatNegotiation(DefaultContentNegotiation):
    """DRF's negotiation, decided at once for requests that accept anything.

    `?format=` is an unknown parameter like any other.
    """

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE=None)

    def select_renderer(
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The renderer and the media type of the answer; the default one for `*/*`.

        Raises: NotAcceptable.
        """
        if request.META.get("HTTP_ACCEPT", "*/*") == "*/*" and not format_suffix:
            return renderers[0], str(renderers[0].media_type)
        return super().select_renderer(request, renderers, format_suffix)
