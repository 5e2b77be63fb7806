"""Params as `permission_for` reads them: as stored, and as the handler gets them."""

import json
from collections.abc import Mapping
from typing import Any

from jobs.errors import InvalidParams
from jobs.models import Job
from jobs.parameters.cleaned_json import CleanedEncoder
from jobs.parameters.forms import requester
from jobs.parameters.validation import clean
from jobs.registry import JobType


def readings(
    job_type: JobType, stored: Mapping[str, Any], user: Any = None
) -> list[Mapping[str, Any]]:
    """Return the params for `permission_for`: as stored, and as the handler gets them, in JSON.

    The second has the keys of rows for model instances. It is left out if the form no longer
    accepts the params. If only `user`, who launched them, has lost a choice, it is still there: the
    permission that it needs counts.
    """
    for chooser in (user, None):
        try:
            cleaned = clean(job_type, stored, user=chooser)
        except InvalidParams:
            continue
        return [stored, json.loads(json.dumps(cleaned, cls=CleanedEncoder, skipkeys=True))]
    return [stored]


def readings_of(job_type: JobType, job: Job) -> list[Mapping[str, Any]]:
    """Return the `readings` of a stored job."""
    try:
        user = requester(job_type, job)
    except InvalidParams:  # the account is gone
        user = None
    return readings(job_type, job.params, user)
