"""Encodes a form's cleaned_data as JSON, for `permission_for`."""

import json
from datetime import date, datetime, time
from typing import Any

from django.db import models

from jobs.parameters.json_types import moment_text
from jobs.uploads import UploadFile


class CleanedEncoder(json.JSONEncoder):
    """Encodes times as ISO text, rows and uploads by their keys, and unknown values by str()."""

    def default(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return moment_text(value)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, UploadFile):
            return str(value.id)
        if isinstance(value, models.Model):
            return value.pk
        if isinstance(value, models.QuerySet):
            return [one.pk for one in value]
        if isinstance(value, set | frozenset):
            return list(value)
        return str(value)
