"""For tests of job types: run a handler without a worker, and read what it reported."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db.models import Model

from jobs import registry
from jobs.handler.recording import RecordingContext, run_recorded, unsaved_job
from jobs.uploads import LocalFiles

__all__ = ["RecordingContext", "run_type"]


def run_type(
    type: str,
    params: Mapping[str, Any] | None = None,
    *,
    user: Any = None,
    about: Model | None = None,
    cancel_after: int | None = None,
    directory: Path | None = None,
) -> RecordingContext:
    """Run a job type with `params` as the API takes them; returns the context with its result.

    A file is given as an open binary file, or as a Path.
    Only the form and the handler use the database. `user` is the account that `services.launcher`
    returns; without one the job has all rights, as one of a command. `about` is a stored object.
    `cancel_after` and `directory` are those of RecordingContext.

    Raises: UnknownJobType, InvalidParams; what the handler raises; TypeError or ValueError if its
    result is not JSON.
    """
    uploads = LocalFiles()
    job = unsaved_job(registry.get(type), params or {}, user, about, uploads)
    context = RecordingContext(job, cancel_after=cancel_after, directory=directory, uploads=uploads)
    run_recorded(context)
    return context
