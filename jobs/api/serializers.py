"""The schema of jobs in answers: in full, in a list, and in the answer to a batch.

`job_values.py` makes the answers. DRF's own rendering, a field at a time, takes a quarter of a
POST's CPU, and each serializer that is made empties Python's caches of all their classes
(docs/decisions.md).
"""

from rest_framework import serializers

from jobs.api.job_values import CAN
from jobs.api.schema.job_parts import ErrorSerializer, JobTokenSerializer, ProgressSerializer
from jobs.models import Job, Status


class JobSummarySerializer(serializers.ModelSerializer):
    """A job in a list."""

    url = serializers.CharField(read_only=True)
    status = serializers.ChoiceField(choices=Status.choices)
    progress = ProgressSerializer(read_only=True)
    error = ErrorSerializer(read_only=True, allow_null=True)
    created_by = serializers.CharField()
    token = JobTokenSerializer(
        read_only=True,
        allow_null=True,
        help_text="null for jobs that no token submitted.",
    )
    wait_seconds = serializers.FloatField(read_only=True, allow_null=True)
    run_seconds = serializers.FloatField(read_only=True, allow_null=True)
    rerun_of = serializers.UUIDField(read_only=True, allow_null=True)
    parent = serializers.UUIDField(read_only=True, allow_null=True)
    about = serializers.CharField(read_only=True, allow_null=True)
    admin_url = serializers.CharField(read_only=True)

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
            "token",
            "source",
            "created_at",
            "started_at",
            "finished_at",
            "wait_seconds",
            "run_seconds",
            "attempt",
            "queue",
            "rerun_of",
            "parent",
            "batch_id",
            "about",
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
        return super().get_fields() | {
            name: serializers.BooleanField(read_only=True) for name in CAN
        }


class JobSerializer(JobSummarySerializer):
    """A job in full."""

    params = serializers.DictField(read_only=True)
    result = serializers.DictField(allow_null=True)
    explanation = serializers.CharField(read_only=True)
    trace_id = serializers.CharField(
        read_only=True, help_text='The trace of the request that launched the job; "" for none.'
    )

    class Meta(JobSummarySerializer.Meta):
        fields = (
            *JobSummarySerializer.Meta.fields,
            "params",
            "result",
            "explanation",
            "trace_id",
        )
        read_only_fields = fields


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
