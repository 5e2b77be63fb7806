"""Writes answers as JSON, with every time in UTC."""

from datetime import datetime
from typing import Any

from rest_framework import renderers
from rest_framework.utils import encoders

from jobs import parameters


class UTCEncoder(encoders.JSONEncoder):
    """DRF's encoder, except that each datetime is in UTC and ends with Z, regardless of TIME_ZONE."""

    def default(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return parameters.moment_text(value)
        return super().default(value)


class JSONRenderer(renderers.JSONRenderer):
    """JSON by UTCEncoder; the setting DATETIME_FORMAT is None, so serializers leave datetimes to it."""

    encoder_class = UTCEncoder
