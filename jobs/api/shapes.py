"""Shapes that exist only for the description of the API: what the views put together without a serializer."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from jobs.api.schema.codes import PROBLEM_CODES
from jobs.api.serializers import (
    EventSerializer,
    FileSerializer,
    JobSummarySerializer,
    LogLineSerializer,
)
from jobs.models import Status
from jobs.stats import CAP


def _list_of(name: str, shape: type[serializers.BaseSerializer]) -> serializers.BaseSerializer:
    """The shape, called `name`, of a list that comes in one piece."""
    return inline_serializer(name, {"results": shape(many=True)})


EventsSerializer = _list_of("Events", EventSerializer)
FilesSerializer = _list_of("Files", FileSerializer)


class ProblemErrorSerializer(serializers.Serializer):
    """One fault: of the body (`pointer`), of the query (`parameter`) or of a header (`header`)."""

    pointer = serializers.CharField(required=False)
    parameter = serializers.CharField(required=False)
    header = serializers.CharField(required=False)
    detail = serializers.CharField()
    code = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """An error, by RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.ChoiceField(choices=PROBLEM_CODES)
    request_id = serializers.CharField()
    errors = ProblemErrorSerializer(many=True)
    id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The job this is about (409, 504)."
    )


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


class LogsSerializer(serializers.Serializer):
    """Lines of a job's log."""

    results = LogLineSerializer(many=True)
    next_after = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="Nothing will follow.")


class JobTypeSerializer(serializers.Serializer):
    """What can be launched."""

    type = serializers.CharField()
    label = serializers.CharField()
    description = serializers.CharField()
    queue = serializers.CharField()
    time_limit_seconds = serializers.FloatField()
    max_attempts = serializers.IntegerField()
    unique_while_active = serializers.BooleanField()
    retention_days = serializers.IntegerField()
    can_launch = serializers.BooleanField()
    params_schema = serializers.DictField(help_text="JSON Schema 2020-12 of `params`.")


JobTypesSerializer = _list_of("JobTypes", JobTypeSerializer)


class FailureSerializer(serializers.Serializer):
    """How often a type failed in one way."""

    type = serializers.CharField()
    error_code = serializers.CharField()
    error_type = serializers.CharField()
    count = serializers.IntegerField()


class PercentilesSerializer(serializers.Serializer):
    """Seconds; null where no job has such a time."""

    p50 = serializers.FloatField(allow_null=True)
    p95 = serializers.FloatField(allow_null=True)


class QueueSerializer(serializers.Serializer):
    """A queue in which jobs wait."""

    queue = serializers.CharField()
    waiting = serializers.IntegerField(
        max_value=CAP, help_text=f"{CAP:,} stands for as many or more."
    )
    oldest_at = serializers.DateTimeField()


class WorkersSerializer(serializers.Serializer):
    """The workers that were heard of lately."""

    live = serializers.IntegerField()
    slots = serializers.IntegerField(help_text="Jobs they run at a time.")


class StatsSerializer(serializers.Serializer):
    """Figures over jobs."""

    def get_fields(self) -> dict[str, serializers.Field]:
        count = serializers.IntegerField
        return {
            "from": serializers.DateTimeField(),
            "to": serializers.DateTimeField(),
            "by_status": serializers.DictField(
                child=count(), help_text=f"Keys: {', '.join(Status.values)}."
            ),
            "by_type": serializers.DictField(child=serializers.DictField(child=count())),
            "failures": FailureSerializer(many=True),
            "wait_seconds": PercentilesSerializer(),
            "run_seconds": PercentilesSerializer(),
            "queues": QueueSerializer(many=True),
            "workers": WorkersSerializer(),
        }
