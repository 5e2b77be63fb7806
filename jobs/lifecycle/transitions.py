"""Which status may follow which, and how an attempt may end. docs/lifecycle.md has a picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from jobs.lifecycle.fingerprint import fingerprint_of
from jobs.models import Status
from jobs.safe_text import storable

NEXT: Mapping[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.CANCELLED, Status.FAILED}),
    Status.PROCESSING: frozenset(
        {Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.PENDING}
    ),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}

# The name of the one Celery task that runs every job.
TASK = "jobs.run_job"

# Jobs with an idempotency key are kept at least this long, to answer repeated requests.
KEY_REMEMBERED = timedelta(hours=24)

# Prefix of the idempotency keys of the admin's forms. The API refuses spaces in a key, so that no
# caller's key equals one of them. Jobs of a form may be deleted at once.
FORM_KEY = "form "

# Prefix of the idempotency keys of jobs that a handler launched. They may be deleted at once too.
CHILD_KEY = "child "

MESSAGE_LIMIT = 1_000
TRACEBACK_LIMIT = 64 * 1024

# The error codes of failed jobs, and their labels; docs/lifecycle.md explains them.
ERRORS: Mapping[str, str] = {
    "exception": "Unexpected error",
    "exited": "Ended by itself",
    "invalid_params": "Parameters not valid any more",
    "invalid_result": "Result cannot be stored",
    "internal_error": "Internal error",
    "worker_lost": "Worker lost",
    "worker_stopped": "Worker stopped",
    "time_limit": "Took too long",
    "unknown_type": "No worker knows its type",
    "not_taken": "No worker took it",
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended: COMPLETED with a result, FAILED with an error, or CANCELLED."""

    status: Status
    result: dict[str, Any] | None = None
    error_code: str = ""
    error_type: str = ""
    error_message: str = ""
    error_traceback: str = ""
    fingerprint: str = ""
    reason: str = ""


def failed(
    code: str, message: object, *, type: str = "", traceback: str = "", function: str = ""
) -> Outcome:
    """Return an outcome with the status FAILED; `code` is one of ERRORS.

    `function` is where the handler's project failed, for the fingerprint.
    """
    text = storable(message, MESSAGE_LIMIT)
    return Outcome(
        status=Status.FAILED,
        error_code=code,
        error_type=storable(type, 200),
        error_message=text,
        error_traceback=storable(traceback, TRACEBACK_LIMIT),
        fingerprint=fingerprint_of(code, type, text, function),
    )
