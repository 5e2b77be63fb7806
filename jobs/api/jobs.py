"""Jobs: the list, submitting, and one job."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from jobs import access, services
from jobs.api.bodies import (
    BatchSerializer,
    SubmitSerializer,
    launch_errors,
)
from jobs.api.http import long_poll, pagination
from jobs.api.http.filters import ApiFilters, read_filters, read_order
from jobs.api.http.problems import NOT_ACCEPTED
from jobs.api.http.requests import ApiView, read_body, read_integer, read_key
from jobs.api.http.responses import (
    RETRY_SOON_SECONDS,
    created_response,
    is_known,
    job_response,
    known_etags,
    not_modified,
)
from jobs.api.job_values import context_of, job_in_list
from jobs.api.schema.operations import (
    IF_NONE_MATCH,
    KEY,
    LIST_PARAMETERS,
    WAIT,
    filter_parameters,
    operation,
)
from jobs.api.serializers import (
    BatchAnswerSerializer,
    JobPageSerializer,
    JobSerializer,
)
from jobs.services import Launch


class SubmissionView(ApiView):
    """The base of views that submit jobs."""

    nothing_done = NOT_ACCEPTED

    def read_submission(self, serializer: type[Serializer[Any]]) -> tuple[Any, str | None]:
        """The validated body and the Idempotency-Key.

        Raises: Problem (400 or 413) with every fault of query, key, body and params.
        """
        key = self.faults.check(read_key, self.request)
        body = self.faults.check(read_body, self.request, serializer)
        if self.faults.errors:
            self.faults.add(self.params_errors(self.request.data))
        self.faults.refuse()
        return body, key

    def params_errors(self, data: Any) -> Iterator[dict[str, str]]:
        """Errors of the params in a body that is not valid."""
        return launch_errors(self.caller, data)


class JobsView(SubmissionView):
    """The jobs that the caller may see, and where to submit one."""

    parameters = {
        "GET": (*ApiFilters.base_filters, *pagination.PARAMETERS, "ordering"),
        "POST": (),
    }

    @operation(
        "List jobs, newest first",
        {200: JobPageSerializer},
        parameters=[*filter_parameters(), *LIST_PARAMETERS],
        id="list_jobs",
    )
    def get(self, request: Request) -> Response:
        filters = read_filters(request, access.visible_jobs(request.user), self.faults)
        order = self.faults.check(read_order, request, filters)
        page_request = self.faults.check(pagination.read_page_request, request, order)
        self.faults.refuse()
        page = pagination.paginate(filters, request, page_request, order)
        jobs = page["results"]
        access.load_params(jobs)
        context = context_of(request, jobs)
        return Response(page | {"results": [job_in_list(job, context) for job in jobs]})

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
        body, key = self.read_submission(SubmitSerializer)
        submitted = services.submit(self.caller, **body, idempotency_key=key)
        return created_response(submitted, request)


class BatchView(SubmissionView):
    """Up to 500 jobs at once: all of them, or none."""

    parameters = {"POST": ()}

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
        body, key = self.read_submission(BatchSerializer)
        launches = [Launch(**item) for item in body["jobs"]]
        jobs, replayed = services.submit_batch(self.caller, launches, idempotency_key=key)
        with services.once_accepted(jobs[0]):
            context = context_of(request, jobs)
            results = [job_in_list(job, context) for job in jobs]
        batch = {"batch_id": str(jobs[0].batch_id), "results": results}
        response = Response(batch, 201, headers={"Retry-After": str(RETRY_SOON_SECONDS)})
        if replayed:
            response["Idempotency-Replayed"] = "true"
        return response


class JobView(ApiView):
    """One job."""

    parameters = {"GET": ("wait",)}

    @operation(
        "Look at a job",
        {200: JobSerializer, 304: None},
        problems=(404,),
        parameters=[IF_NONE_MATCH, WAIT],
        headers=("Retry-After", "ETag"),
        id="get_job",
    )
    def get(self, request: Request, id: UUID) -> Response:
        longest = long_poll.LONGEST_SECONDS
        seconds = self.faults.check(read_integer, request, "wait", default=0, most=longest)
        self.faults.refuse()
        job = self.visible_job(id)
        known = known_etags(request)
        retry_seconds = 0
        if seconds and not job.is_settled and (not known or is_known(job, known)):
            retry_seconds = long_poll.watcher.wait(job, seconds)
            job = job if retry_seconds else self.visible_job(id)
        if is_known(job, known):
            return not_modified(job, retry_seconds=retry_seconds)
        return job_response(job, request, retry_seconds=retry_seconds)

    @operation("Delete a settled job", {204: None}, problems=(403, 404, 409), id="delete_job")
    def delete(self, request: Request, id: UUID) -> Response:
        services.delete(self.caller, id)
        return Response(status=204)
