"""Answers that show one job: its representation, ETag, Retry-After and Location."""

from collections.abc import Callable
from datetime import UTC

from django.utils import timezone
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import explain
from jobs.api.job_values import context_of, job_in_full
from jobs.explain import Explanation
from jobs.models import Job
from jobs.services import Submitted, once_accepted

# A job may end within the second at first; one that takes long need not be polled so often.
RETRY_SOON_SECONDS, RETRY_LATER_SECONDS = 1, 5
LONG_ETA_SECONDS = 60


def etag(job: Job) -> str:
    """The weak validator of the job: its version, which estimates do not change."""
    return f'W/"{job.version}"'


def known_etags(request: Request) -> list[str]:
    """The ETags of If-None-Match, as weak ones."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return [tag if tag.startswith("W/") else f"W/{tag}" for tag in tags]


def is_known(job: Job, known: list[str]) -> bool:
    """Whether `known` has the job's present version; `*` stands for any."""
    return etag(job) in known or "W/*" in known


def _cache_headers(job: Job) -> dict[str, str]:
    """Headers that let the caller store the job, and revalidate it before each use."""
    return {"ETag": etag(job), "Cache-Control": "private, no-cache"}


def not_modified(job: Job, *, retry_seconds: int = 0) -> Response:
    """The 304 for a caller who has this version of the job."""
    headers = _cache_headers(job)
    if not job.is_settled:
        headers["Retry-After"] = str(retry_seconds or RETRY_SOON_SECONDS)
    return Response(status=304, headers=headers)


def job_response(
    job: Job,
    request: Request,
    *,
    status: int = 200,
    retry_seconds: int = 0,
    explain_job: Callable[[Job], Explanation] = explain.explanation,
) -> Response:
    """The job; an active one has a Retry-After of at least `retry_seconds`."""
    with timezone.override(UTC):  # the explanation names times
        explanation = explain_job(job)
    body = job_in_full(job, explanation, context_of(request, [job]))
    headers = _cache_headers(job)
    if not job.is_settled:
        far = (explanation.eta_seconds or 0) > LONG_ETA_SECONDS
        usual = RETRY_LATER_SECONDS if far else RETRY_SOON_SECONDS
        headers["Retry-After"] = str(max(retry_seconds, usual))
    return Response(body, status, headers=headers)


def created_response(submitted: Submitted, request: Request) -> Response:
    """The 201 for an accepted job; a replayed one may have settled in the meantime."""
    job, replayed = submitted
    explain_job = explain.explanation if replayed else explain.recent_explanation
    with once_accepted(job):
        response = job_response(job, request, status=201, explain_job=explain_job)
    response["Location"] = response.data["url"]
    response.setdefault("Retry-After", str(RETRY_SOON_SECONDS))
    if replayed:
        response["Idempotency-Replayed"] = "true"
    return response
