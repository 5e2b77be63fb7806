"""How jobs are rendered: in full, in a list, and in the answer to a batch."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from jobs import access, explain, parameters, registry
from jobs.api.schema.codes import JOB_ERROR_CODES
from jobs.models import Job, Status
from jobs.services import ACTIONS, Action


class ProgressSerializer(serializers.Serializer):
    """How far a job is; null where it is not known."""

    percent = serializers.IntegerField(allow_null=True)
    message = serializers.CharField(allow_blank=True)
    eta_seconds = serializers.IntegerField(allow_null=True)


class ErrorSerializer(serializers.Serializer):
    """Why a job failed."""

    code = serializers.ChoiceField(choices=JOB_ERROR_CODES)
    type = serializers.CharField()
    message = serializers.CharField()


def context_of(request: Request, jobs: Sequence[Job]) -> dict[str, Any]:
    """The context to render `jobs` in; JobSerializer needs their `explanation` as well."""
    return {"request": request, "visible_parents": access.visible_parents(request.user, jobs)}


class CanField(serializers.BooleanField):
    """Whether the caller may do `action` to the job now."""

    def __init__(self, action: Action, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)
        self.action = action

    def to_representation(self, value: Job) -> bool:
        return self.action.is_possible(self.context["request"].user, value)


class JobSummarySerializer(serializers.ModelSerializer):
    """A job in a list."""

    url = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by_name")
    wait_seconds = serializers.SerializerMethodField()
    run_seconds = serializers.SerializerMethodField()
    rerun_of = serializers.SerializerMethodField()
    admin_url = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "id",
            "url",
            "name",
            "type",
            "status",
            "progress",
            "error",
            "created_by",
            "source",
            "created_at",
            "started_at",
            "finished_at",
            "wait_seconds",
            "run_seconds",
            "attempt",
            "queue",
            "rerun_of",
            "batch_id",
            "cancel_requested_at",
            "cancel_requested_by",
            "cancel_reason",
            "acknowledged_at",
            "acknowledged_by",
            "acknowledged_note",
            "admin_url",
        )
        read_only_fields = fields  # so that the schema calls each of them required

    def get_fields(self) -> dict[str, serializers.Field]:
        can = {f"can_{action.name}": CanField(action) for action in ACTIONS}
        return super().get_fields() | can

    def get_url(self, job: Job) -> str:
        return reverse("api:job", args=[job.id], request=self.context["request"])

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, job: Job) -> dict[str, Any]:
        return {
            "percent": job.progress_percent,
            "message": job.progress_message,
            "eta_seconds": explain.run_eta_seconds(job),
        }

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "type": job.error_type, "message": job.error_message}

    def get_rerun_of(self, job: Job) -> UUID | None:
        return job.rerun_of_id if job.rerun_of_id in self.context["visible_parents"] else None

    def get_wait_seconds(self, job: Job) -> float | None:
        return _seconds_between(job.created_at, job.started_at)

    def get_run_seconds(self, job: Job) -> float | None:
        return _seconds_between(job.started_at, job.finished_at)

    def get_admin_url(self, job: Job) -> str:
        return reverse("admin:jobs_job_change", args=[job.id], request=self.context["request"])


class JobSerializer(JobSummarySerializer):
    """A job in full."""

    params = serializers.SerializerMethodField()
    result = serializers.DictField(allow_null=True)
    explanation = serializers.SerializerMethodField()

    class Meta(JobSummarySerializer.Meta):
        fields = (*JobSummarySerializer.Meta.fields, "params", "result", "explanation")
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, job: Job) -> dict[str, Any]:
        return super().get_progress(job) | {"eta_seconds": self.context["explanation"].eta_seconds}

    def get_explanation(self, job: Job) -> str:
        return self.context["explanation"].sentence

    def get_params(self, job: Job) -> dict[str, Any]:
        return parameters.mask(registry.find(job.type), job.params)


class JobPageSerializer(serializers.Serializer):
    """A page of the job list."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    count = serializers.IntegerField(required=False, help_text="With ?count=true.")
    count_capped = serializers.BooleanField(required=False)
    results = JobSummarySerializer(many=True)


class BatchAnswerSerializer(serializers.Serializer):
    """The jobs of an accepted batch, in the order they were sent."""

    batch_id = serializers.UUIDField()
    results = JobSummarySerializer(many=True)


def _seconds_between(start: Any, end: Any) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)
