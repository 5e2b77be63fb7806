"""The job types: what can be launched, and with which params."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import access, parameters, registry
from jobs.api.http.requests import ApiView
from jobs.api.schema.operations import operation
from jobs.registry import JobType


class SecondsField(serializers.FloatField):
    """A number of seconds; whole ones are rendered as integers."""

    def to_representation(self, value: float) -> float:
        return value


class JobTypeSerializer(serializers.Serializer):
    """What can be launched."""

    type = serializers.CharField(source="slug")
    label = serializers.CharField()
    description = serializers.CharField()
    queue = serializers.CharField()
    time_limit_seconds = SecondsField(source="time_limit")
    max_attempts = serializers.IntegerField()
    unique_while_active = serializers.BooleanField()
    retention_days = serializers.IntegerField()
    can_launch = serializers.SerializerMethodField()
    params_schema = serializers.SerializerMethodField(
        help_text="JSON Schema 2020-12 of `params`.",
    )

    def get_can_launch(self, job_type: JobType) -> bool:
        return access.may_launch(self.context["request"].user, job_type)

    @extend_schema_field({"type": "object", "additionalProperties": {}})
    def get_params_schema(self, job_type: JobType) -> dict[str, Any]:
        return parameters.json_schema(job_type, self.context["request"].user)


class JobTypesSerializer(serializers.Serializer):
    """Every job type, by label."""

    results = JobTypeSerializer(many=True)


class JobTypesView(ApiView):
    """Every job type, by label."""

    @operation("List job types", {200: JobTypesSerializer}, tag="Job types", id="list_job_types")
    def get(self, request: Request) -> Response:
        job_types = {"results": list(registry.all())}
        return Response(JobTypesSerializer(job_types, context={"request": request}).data)


class JobTypeView(ApiView):
    """One job type."""

    @operation(
        "Look at a job type",
        {200: JobTypeSerializer},
        tag="Job types",
        problems=(404,),
        id="get_job_type",
    )
    def get(self, request: Request, type: str) -> Response:
        job_type = registry.find(type)
        if job_type is None:
            raise Http404
        return Response(JobTypeSerializer(job_type, context={"request": request}).data)
