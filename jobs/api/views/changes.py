"""What a caller does with a job that exists: a verb is a resource one POSTs to."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import services
from jobs.api.openapi import KEY, operation
from jobs.api.query import allow_only
from jobs.api.serializers import CancelSerializer, JobSerializer, RerunSerializer
from jobs.api.views.asking import accepted, caller, idempotency_key, shown


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
        allow_only(request)
        wanted = CancelSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        job = services.cancel(caller(request), id, **wanted.validated_data)
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
        allow_only(request)
        wanted = RerunSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        params = wanted.validated_data.get("params")
        job = services.rerun(caller(request), id, params, idempotency_key=idempotency_key(request))
        return accepted(job, request)
