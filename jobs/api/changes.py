"""What a caller does with a job that exists: a verb is a resource one POSTs to."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import services
from jobs.api.bodies import CancelSerializer, RerunSerializer
from jobs.api.http.faults import Faults, body, rerun_errors
from jobs.api.http.query import allow_only
from jobs.api.http.responses import accepted, caller, idempotency_key, shown
from jobs.api.schema.operations import KEY, operation
from jobs.api.serializers import JobSerializer


class CancelView(APIView):
    """Cancel a waiting job, or ask a running one to stop."""

    @operation(
        "Cancel a job",
        {200: JobSerializer, 202: JobSerializer},
        request=CancelSerializer,
        problems=(404, 409),
        headers=("Retry-After", "ETag"),
        id="cancel_job",
    )
    def post(self, request: Request, id: UUID) -> Response:
        faults = Faults()
        faults.check(allow_only, request)
        wanted = faults.check(body, request, CancelSerializer)
        faults.refuse()
        job = services.cancel(caller(request), id, **wanted)
        return shown(job, request, status=200 if job.is_settled else 202)


class RerunView(APIView):
    """Launch a settled job again, as a new one."""

    @operation(
        "Launch a settled job again",
        {201: JobSerializer},
        request=RerunSerializer,
        problems=(404, 409, 422, 504),
        parameters=[KEY],
        headers=("Location", "Retry-After", "ETag", "Idempotency-Replayed"),
        id="rerun_job",
    )
    def post(self, request: Request, id: UUID) -> Response:
        faults = Faults()
        faults.check(allow_only, request)
        key = faults.check(idempotency_key, request)
        wanted = faults.check(body, request, RerunSerializer)
        if faults.errors:
            faults.add(rerun_errors(caller(request), id, request.data))
        faults.refuse()
        job = services.rerun(caller(request), id, wanted.get("params"), idempotency_key=key)
        return accepted(job, request)
