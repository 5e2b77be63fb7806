"""Jobs as values of JSON; the serializers describe them, and take no part in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.urls import get_script_prefix, reverse
from rest_framework.request import Request

from jobs import about, access, explain, parameters, registry
from jobs.about import Subject
from jobs.admin_site import admin_url
from jobs.explain import Explanation
from jobs.models import Job, Status
from jobs.services import ACTIONS

NO_JOB = UUID(int=0)
CAN = {f"can_{action.name}": action for action in ACTIONS}
CANNOT = dict.fromkeys(CAN, False)
# The actions that each status allows.
CAN_IN = {
    status: {name: action for name, action in CAN.items() if status in action.statuses}
    for status in Status.values
}
# The columns that a job in a list is rendered from.
SUMMARY_COLUMNS = (
    *("id", "name", "type", "status", "queue", "attempt", "source"),
    *("progress_percent", "progress_done", "progress_total", "progress_unit", "progress_message"),
    *("error_code", "error_type", "error_message", "fingerprint"),
    *("created_by_id", "created_by_name", "token_id", "token_name"),
    *("created_at", "started_at", "finished_at"),
    *("rerun_of_id", "parent_id", "batch_id", "about_type", "about_key", "about_name"),
    *("cancel_requested_at", "cancel_requested_by", "cancel_reason"),
    *("acknowledged_at", "acknowledged_by", "acknowledged_note"),
)


class JobAddresses:
    """The addresses of jobs in the API and the admin, for one request.

    The paths are reversed once a process, and made absolute once a request.
    """

    def __init__(self, request: Request) -> None:
        self._root = f"{request.scheme}://{request.get_host()}"
        self._api = _path_in_api(get_script_prefix())
        self._admin = _path_in_admin(get_script_prefix())

    def api(self, job_id: str) -> str:
        """The job in the API."""
        return f"{self._root}{self._api[0]}{job_id}{self._api[1]}"

    def admin(self, job_id: str) -> str:
        """The job's page in the admin."""
        return f"{self._root}{self._admin[0]}{job_id}{self._admin[1]}"


@cache
def _path_in_api(script_prefix: str) -> tuple[str, str]:
    """The path of a job in the API, before and after its id; it begins with `script_prefix`."""
    return _around_id(reverse("jobs_api:job", args=[NO_JOB]))


@cache
def _path_in_admin(script_prefix: str) -> tuple[str, str]:
    """The path of a job's page in the admin, in the same parts."""
    return _around_id(admin_url("jobs_job_change", NO_JOB))


def _around_id(path: str) -> tuple[str, str]:
    before, _, after = path.rpartition(str(NO_JOB))
    return before, after


def context_of(request: Request, jobs: Sequence[Job]) -> dict[str, Any]:
    """The context to render `jobs` in."""
    return {
        "user": request.user,
        "addresses": JobAddresses(request),
        "visible_origins": access.visible_origins(request.user, jobs),
        "subjects": about.subjects_of(request.user, jobs, request._request),
    }


def job_in_list(job: Job, context: dict[str, Any]) -> dict[str, Any]:
    """The job as JobSummarySerializer describes it."""
    return _summary(job, context) | _possible_actions_of(job, context["user"])


def job_in_full(job: Job, explanation: Explanation, context: dict[str, Any]) -> dict[str, Any]:
    """The job as JobSerializer describes it."""
    answer = _summary(job, context)
    answer["progress"]["eta_seconds"] = explanation.eta_seconds
    answer["params"] = parameters.mask(registry.find(job.type), job.params)
    answer["result"] = job.result
    answer["explanation"] = explanation.sentence
    answer["trace_id"] = job.trace_id
    return answer | _possible_actions_of(job, context["user"])


def _summary(job: Job, context: dict[str, Any]) -> dict[str, Any]:
    """Return the job in types for which the encoder of JSON calls no Python."""
    addresses, origins, job_id = context["addresses"], context["visible_origins"], str(job.id)
    return {
        "id": job_id,
        "url": addresses.api(job_id),
        "name": job.name,
        "type": job.type,
        "status": job.status,
        "progress": {
            "percent": job.progress_percent,
            "done": job.progress_done,
            "total": job.progress_total,
            "unit": job.progress_unit,
            "message": job.progress_message,
            "eta_seconds": explain.run_eta_seconds(job),
        },
        "error": _error(job),
        "created_by": job.created_by_name,
        "token": _token(job),
        "source": job.source,
        "created_at": _time_text(job.created_at),
        "started_at": _time_text(job.started_at),
        "finished_at": _time_text(job.finished_at),
        "wait_seconds": _seconds_between(job.created_at, job.started_at),
        "run_seconds": _seconds_between(job.started_at, job.finished_at),
        "attempt": job.attempt,
        "queue": job.queue,
        "rerun_of": str(job.rerun_of_id) if job.rerun_of_id in origins else None,
        "parent": str(job.parent_id) if job.parent_id in origins else None,
        "batch_id": None if job.batch_id is None else str(job.batch_id),
        "about": _subject_of(job, context["subjects"]),
        "cancel_requested_at": _time_text(job.cancel_requested_at),
        "cancel_requested_by": job.cancel_requested_by,
        "cancel_reason": job.cancel_reason,
        "acknowledged_at": _time_text(job.acknowledged_at),
        "acknowledged_by": job.acknowledged_by,
        "acknowledged_note": job.acknowledged_note,
        "admin_url": addresses.admin(job_id),
    }


def _subject_of(job: Job, subjects: Mapping[UUID, Subject]) -> str | None:
    """The reference to the job's object; None if the caller may not view it."""
    subject = subjects.get(job.id)
    return (subject.reference or None) if subject else None


def _possible_actions_of(job: Job, user: Any) -> dict[str, bool]:
    """Whether the user may do each action to the job now."""
    possible = CAN_IN[job.status].items()
    return CANNOT | {name: action.is_possible(user, job) for name, action in possible}


def _time_text(at: datetime | None) -> str | None:
    return None if at is None else parameters.moment_text(at)


def _seconds_between(start: Any, end: Any) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)


def _token(job: Job) -> dict[str, Any] | None:
    """The token; callers who may see the job may see it: their own, or they see every job."""
    return None if job.token_id is None else {"id": str(job.token_id), "name": job.token_name}


def _error(job: Job) -> dict[str, str] | None:
    if not job.error_code:
        return None
    return {
        "code": job.error_code,
        "type": job.error_type,
        "message": job.error_message,
        "fingerprint": job.fingerprint,
    }
