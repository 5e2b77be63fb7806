"""The job types: what can be launched, and with which params."""

from typing import Any

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import access, parameters, registry
from jobs.api.http.query import allow_only
from jobs.api.schema.operations import operation
from jobs.api.shapes import JobTypeSerializer, JobTypesSerializer
from jobs.registry import JobType


def described(job_type: JobType, user: Any) -> dict[str, Any]:
    """A job type as callers see it."""
    return {
        "type": job_type.slug,
        "label": job_type.label,
        "description": job_type.description,
        "queue": job_type.queue,
        "time_limit_seconds": job_type.time_limit,
        "max_attempts": job_type.max_attempts,
        "unique_while_active": job_type.unique_while_active,
        "retention_days": job_type.retention_days,
        "can_launch": access.may_launch(user, job_type),
        "params_schema": parameters.json_schema(job_type),
    }


class JobTypesView(APIView):
    """Every job type, by label."""

    @operation("List job types", {200: JobTypesSerializer}, tag="Job types", id="list_job_types")
    def get(self, request: Request) -> Response:
        allow_only(request)
        return Response({"results": [described(one, request.user) for one in registry.all()]})


class JobTypeView(APIView):
    """One job type."""

    @operation(
        "Look at a job type",
        {200: JobTypeSerializer},
        tag="Job types",
        problems=(404,),
        id="get_job_type",
    )
    def get(self, request: Request, type: str) -> Response:
        allow_only(request)
        job_type = registry.find(type)
        if job_type is None:
            raise Http404
        return Response(described(job_type, request.user))
