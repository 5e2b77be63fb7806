"""The shapes of the API: what a caller may send, and the job as it is shown."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from jobs import parameters, registry
from jobs.models import Job, JobFile, Status
from jobs.registry import UnknownJobType
from jobs.text import name_error


class Text(serializers.CharField):
    """Text that was text in JSON: DRF would take the number 5 for "5"."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class JsonObject(serializers.Field):
    """A JSON object, taken as it is."""

    default_error_messages = {"invalid": "Must be a JSON object."}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class StrictSerializer(serializers.Serializer):
    """Refuses fields it does not know: a typing error or a read-only field is no silent nothing."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            allowed = ", ".join(self.fields)
            message = f"This field may not be sent; allowed: {allowed}."
            raise serializers.ValidationError(
                {name: serializers.ErrorDetail(message, "unknown") for name in unknown}
            )
        return super().to_internal_value(data)


def check_name(name: str) -> None:
    """Refuse a name that no door takes."""
    if error := name_error(name):
        raise serializers.ValidationError(error)


class SubmitSerializer(StrictSerializer):
    """What POST /jobs/ takes."""

    name = Text(validators=[check_name])
    type = Text(required=False)
    params = JsonObject(required=False)


class JobSummarySerializer(serializers.ModelSerializer):
    """A job in a list."""

    url = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=Status.choices)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()
    created_by = serializers.CharField(source="created_by_name")
    wait_seconds = serializers.SerializerMethodField()
    run_seconds = serializers.SerializerMethodField()
    rerun_of = serializers.UUIDField(source="rerun_of_id")

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
        )

    def get_url(self, job: Job) -> str:
        return reverse("api:job", args=[job.id], request=self.context["request"])

    def get_progress(self, job: Job) -> dict[str, Any]:
        return {"percent": job.progress_percent, "message": job.progress_message}

    def get_error(self, job: Job) -> dict[str, str] | None:
        if not job.error_code:
            return None
        return {"code": job.error_code, "type": job.error_type, "message": job.error_message}

    def get_wait_seconds(self, job: Job) -> float | None:
        return _seconds(job.created_at, job.started_at)

    def get_run_seconds(self, job: Job) -> float | None:
        return _seconds(job.started_at, job.finished_at)


class JobSerializer(JobSummarySerializer):
    """A job by itself."""

    params = serializers.SerializerMethodField()

    class Meta(JobSummarySerializer.Meta):
        fields = (*JobSummarySerializer.Meta.fields, "params", "result")

    def get_params(self, job: Job) -> dict[str, Any]:
        try:
            return parameters.mask(registry.get(job.type), job.params)
        except UnknownJobType:  # which of them are secret went with the type
            return dict.fromkeys(job.params, parameters.MASK)


class FileSerializer(serializers.ModelSerializer):
    """A file of a job."""

    url = serializers.SerializerMethodField()

    class Meta:
        model = JobFile
        fields = ("name", "url", "content_type", "size", "sha256", "attempt", "created_at")

    def get_url(self, file: JobFile) -> str:
        return reverse("api:job-file", args=[file.job_id, file.name], request=self.context["request"])


def _seconds(start: Any, end: Any) -> float | None:
    return None if start is None or end is None else round((end - start).total_seconds(), 3)
