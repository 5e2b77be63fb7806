"""What the views share: who asks, for which job, and how a job is answered."""

import re
from datetime import UTC
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from jobs import access, explain
from jobs.api.http.problems import header_error, refused
from jobs.api.serializers import JobSerializer, context_of
from jobs.models import Job, Source
from jobs.services import Caller, caller_of, once_accepted

KEY = re.compile(r"[\x21-\x7e]{1,255}")
# A job may end within the second at first; one that takes long need not be asked for so often.
RETRY_SOON_SECONDS, RETRY_LATER_SECONDS = 1, 5
LONG_ETA_SECONDS = 60


def caller(request: Request) -> Caller:
    """Who asks, for the services."""
    return caller_of(request, Source.API)


def visible_job(request: Request, id: UUID, *, brief: bool = False) -> Job:
    """The job, if the caller may see it; a `brief` one is for a view that answers with something else.

    Raises: Http404, the same for a job that the caller may not see and for none.
    """
    jobs = access.visible_jobs(request.user).filter(id=id)
    found = (jobs.without_large() if brief else jobs).first()
    if found is None:
        raise Http404
    return found


def idempotency_key(request: Request) -> str | None:
    """The Idempotency-Key of the request; None without one.

    Raises: Problem (400).
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        detail = "An Idempotency-Key has 1 to 255 visible ASCII characters."
        raise refused([header_error("Idempotency-Key", detail, "invalid")])
    return key


def etag(job: Job) -> str:
    """The job's weak validator: its version.

    What only the clock changes, such as estimates, is not in it.
    """
    return f'W/"{job.version}"'


def _validators(job: Job) -> dict[str, str]:
    """Headers by which a caller may keep the job, and ask before each use whether it changed."""
    return {"ETag": etag(job), "Cache-Control": "private, no-cache"}


def unchanged(job: Job, *, turn_seconds: int = 0) -> Response:
    """The answer to a caller who has this version of the job."""
    headers = _validators(job)
    if not job.is_settled:
        headers["Retry-After"] = str(turn_seconds or RETRY_SOON_SECONDS)
    return Response(status=304, headers=headers)


def shown(job: Job, request: Request, *, status: int = 200, turn_seconds: int = 0) -> Response:
    """The job as an answer; `turn_seconds` is when a caller who was to wait, and could not, has its turn."""
    with timezone.override(UTC):  # in which the sentence names times
        explanation = explain.explanation(job)
    context = context_of(request, [job]) | {"explanation": explanation}
    data = JobSerializer(job, context=context).data
    headers = _validators(job)
    if not job.is_settled:
        far = (explanation.eta_seconds or 0) > LONG_ETA_SECONDS
        usual = RETRY_LATER_SECONDS if far else RETRY_SOON_SECONDS
        headers["Retry-After"] = str(max(turn_seconds, usual))
    return Response(data, status, headers=headers)


def accepted(job: Job, request: Request) -> Response:
    """The answer to a submission: where the job is, and when to ask for it."""
    with once_accepted(job):
        response = shown(job, request, status=201)
    response["Location"] = reverse("api:job", args=[job.id], request=request)
    response.setdefault("Retry-After", str(RETRY_SOON_SECONDS))
    if job.replayed:
        response["Idempotency-Replayed"] = "true"
    return response
