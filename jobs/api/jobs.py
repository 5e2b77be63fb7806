"""Jobs: the list, submitting, one job."""

from typing import Any
from uuid import UUID

from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from jobs import access, services
from jobs.api import filters, ordering
from jobs.api.bodies import BatchSerializer, SubmitSerializer
from jobs.api.http import long_poll, pagination
from jobs.api.http.faults import Faults, body, launch_errors
from jobs.api.http.query import allow_only, whole_number
from jobs.api.http.responses import (
    RETRY_SOON_SECONDS,
    accepted,
    caller,
    etag,
    idempotency_key,
    shown,
    unchanged,
    visible_job,
)
from jobs.api.schema.operations import KEY, KNOWN, filter_parameters, operation, query
from jobs.api.serializers import JobSerializer, JobSummarySerializer, context_of
from jobs.api.shapes import BatchAnswerSerializer, JobPageSerializer
from jobs.models import Job
from jobs.services import Launch

LIST_PARAMETERS = (
    query(
        "ordering",
        {"type": "string", "enum": list(ordering.ALLOWED)},
        "-finished_at: settled jobs only.",
    ),
    query("cursor", {"type": "string", "minLength": 1}, "From `next` or `previous`."),
    query(
        "page_size",
        {
            "type": "integer",
            "minimum": 1,
            "maximum": pagination.PAGE_SIZE_LIMIT,
            "default": pagination.PAGE_SIZE,
        },
    ),
    query("count", {"type": "boolean", "default": False}, "Add `count`, which stops at 10,000."),
)


def submission(request: Request, serializer: type[Serializer[Any]]) -> tuple[Any, str | None]:
    """The validated body of a submission, and its Idempotency-Key.

    Raises: Problem (400 or 413) with every fault of the query, the key, the body and its params.
    """
    faults = Faults()
    faults.check(allow_only, request)
    key = faults.check(idempotency_key, request)
    wanted = faults.check(body, request, serializer)
    if faults.errors:
        faults.add(launch_errors(caller(request), request.data))
    faults.refuse()
    return wanted, key


class JobsView(APIView):
    """The jobs the caller may see, and the place to submit one."""

    @operation(
        "List jobs, newest first",
        {200: JobPageSerializer},
        parameters=[*filter_parameters(), *LIST_PARAMETERS],
        id="list_jobs",
    )
    def get(self, request: Request) -> Response:
        others = (*pagination.PARAMETERS, "ordering")
        faults = Faults()
        jobs = faults.check(
            filters.filtered, access.visible_jobs(request.user), request, others=others
        )
        order = faults.check(ordering.order, request)
        asked = faults.check(pagination.wanted, request, order)
        faults.refuse()
        narrowed = filters.statuses(request)
        page = pagination.page(jobs.without_large(), request, asked, order, statuses=narrowed)
        access.load_params(page["results"])
        context = context_of(request, page["results"])
        page["results"] = JobSummarySerializer(page["results"], many=True, context=context).data
        return Response(page)

    @operation(
        "Submit a job",
        {201: JobSerializer},
        request=SubmitSerializer,
        problems=(409, 422, 504),
        parameters=[KEY],
        headers=("Location", "Retry-After", "ETag", "Idempotency-Replayed"),
        id="submit_job",
    )
    def post(self, request: Request) -> Response:
        wanted, key = submission(request, SubmitSerializer)
        job = services.submit(caller(request), **wanted, idempotency_key=key)
        return accepted(job, request)


class BatchView(APIView):
    """Up to 500 jobs at once: all of them, or none."""

    @operation(
        "Submit up to 500 jobs, all or none",
        {201: BatchAnswerSerializer},
        request=BatchSerializer,
        problems=(409, 422, 504),
        parameters=[KEY],
        headers=("Retry-After", "Idempotency-Replayed"),
        id="submit_batch",
    )
    def post(self, request: Request) -> Response:
        wanted, key = submission(request, BatchSerializer)
        items = [Launch(**item) for item in wanted["jobs"]]
        jobs = services.submit_batch(caller(request), items, idempotency_key=key)
        with services.once_accepted(jobs[0]):
            results = JobSummarySerializer(jobs, many=True, context=context_of(request, jobs)).data
        answer = Response({"batch_id": jobs[0].batch_id, "results": results}, 201)
        answer["Retry-After"] = str(RETRY_SOON_SECONDS)
        if jobs[0].replayed:
            answer["Idempotency-Replayed"] = "true"
        return answer


class JobView(APIView):
    """One job."""

    @operation(
        "Look at a job",
        {200: JobSerializer, 304: None},
        problems=(404,),
        parameters=[
            KNOWN,
            query(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": long_poll.SECONDS_LIMIT},
                "Answer when the status changes, or after so many seconds.",
            ),
        ],
        headers=("Retry-After", "ETag"),
        id="get_job",
    )
    def get(self, request: Request, id: UUID) -> Response:
        faults = Faults()
        faults.check(allow_only, request, ["wait"])
        seconds = faults.check(
            whole_number, request, "wait", default=0, most=long_poll.SECONDS_LIMIT
        )
        faults.refuse()
        job = visible_job(request, id)
        known = known_to(request)
        turn = 0
        if seconds and not job.is_settled and (not known or is_known(job, known)):
            turn = long_poll.watcher.wait(job, seconds)
            job = job if turn else visible_job(request, id)
        if is_known(job, known):
            return unchanged(job, turn_seconds=turn)
        return shown(job, request, turn_seconds=turn)

    @operation(
        "Delete a settled job",
        {204: None},
        problems=(403, 404, 409),
        id="delete_job",
    )
    def delete(self, request: Request, id: UUID) -> Response:
        allow_only(request)
        services.delete(caller(request), id)
        return Response(status=204)


def known_to(request: Request) -> list[str]:
    """The versions a caller has, by If-None-Match, as weak ones."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return [tag if tag.startswith("W/") else f"W/{tag}" for tag in tags]


def is_known(job: Job, known: list[str]) -> bool:
    """Whether the caller has this version of the job; `*` stands for any."""
    return etag(job) in known or "W/*" in known
