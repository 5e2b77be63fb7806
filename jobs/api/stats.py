"""Statistics over the jobs that the caller may see."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import access, parameters, stats
from jobs.api.http.filters import ApiFilters, read_filters
from jobs.api.http.json_format import UTCField
from jobs.api.http.requests import ApiView, invalid_parameter
from jobs.api.schema.operations import filter_parameters, operation
from jobs.models import JobQuerySet, Status, created_since
from jobs.stats import CAP

DEFAULT_PERIOD = timedelta(days=1)
LONGEST_PERIOD = timedelta(days=90)
PERIOD_PARAMETERS = {"created_after", "created_before"}


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
    oldest_at = UTCField()


class WorkersSerializer(serializers.Serializer):
    """The live workers."""

    live = serializers.IntegerField()
    slots = serializers.IntegerField(help_text="Jobs they run at a time.")


class StatsSerializer(serializers.Serializer):
    """Statistics over jobs."""

    def get_fields(self) -> dict[str, serializers.Field]:
        count = serializers.IntegerField
        statuses = ", ".join(Status.values)
        return {
            "from": UTCField(),
            "to": UTCField(),
            "by_status": serializers.DictField(child=count(), help_text=f"Keys: {statuses}."),
            "by_type": serializers.DictField(child=serializers.DictField(child=count())),
            "failures": FailureSerializer(many=True),
            "wait_seconds": PercentilesSerializer(),
            "run_seconds": PercentilesSerializer(),
            "queues": QueueSerializer(many=True),
            "workers": WorkersSerializer(),
        }


class StatsView(ApiView):
    """Counts, times and failures of the filtered jobs; by default those of the last day."""

    parameters = {"GET": tuple(ApiFilters.base_filters)}

    @operation(
        "Figures over jobs", {200: StatsSerializer}, parameters=filter_parameters(), id="job_stats"
    )
    def get(self, request: Request) -> Response:
        visible = access.visible_jobs(request.user)
        filters = read_filters(request, visible, self.faults)
        faulty = {error["parameter"] for error in self.faults.errors}
        valid = not faulty & PERIOD_PARAMETERS
        start, end = (valid and self.faults.check(read_period, request)) or (None, None)
        self.faults.refuse()
        figures = statistics(filters.qs.filter(created_since(start)), visible)
        return Response(StatsSerializer({"from": start, "to": end, **figures}).data)


def read_period(request: Request) -> tuple[datetime, datetime]:
    """The period to count, by created_after and created_before, which are valid moments.

    Raises: Problem (400) if it is longer than LONGEST_PERIOD.
    """
    query = request.query_params
    end = parameters.moment(query.get("created_before", "")) or timezone.now()
    try:
        start = parameters.moment(query.get("created_after", "")) or end - DEFAULT_PERIOD
    except OverflowError:
        detail = "There is no day before that."
        raise invalid_parameter("created_before", detail) from None
    if end - start > LONGEST_PERIOD:
        detail = f"At most {LONGEST_PERIOD.days} days are counted at once."
        raise invalid_parameter("created_after", detail)
    return start, end


def statistics(jobs: JobQuerySet, visible: JobQuerySet) -> dict[str, Any]:
    """Statistics over `jobs`; the queues are those of all `visible` jobs."""
    times = stats.times(jobs)
    return {
        "by_status": stats.count_by_status(jobs),
        "by_type": stats.count_by_type(jobs),
        "failures": stats.failures(jobs),
        "wait_seconds": {"p50": times.wait_p50, "p95": times.wait_p95},
        "run_seconds": {"p50": times.run_p50, "p95": times.run_p95},
        "queues": [_capped(depth) for depth in stats.waiting_by_queue(visible)],
        "workers": stats.live_workers(),
    }


def _capped(depth: stats.QueueDepth) -> dict[str, Any]:
    return asdict(depth) | {"waiting": min(depth.waiting, CAP)}
