"""Figures over the jobs the caller may see."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import access, parameters, stats
from jobs.api import filters
from jobs.api.http.faults import Faults
from jobs.api.http.query import bad_value
from jobs.api.schema.operations import filter_parameters, operation
from jobs.api.shapes import StatsSerializer

DEFAULT_PERIOD = timedelta(days=1)
LONGEST_PERIOD = timedelta(days=90)


class StatsView(APIView):
    """Counts, times and failures of the jobs that the filters choose; by default those of the last day."""

    @operation(
        "Figures over jobs", {200: StatsSerializer}, parameters=filter_parameters(), id="job_stats"
    )
    def get(self, request: Request) -> Response:
        visible = access.visible_jobs(request.user)
        faults = Faults()
        jobs = faults.check(filters.filtered, visible, request)
        if not {error["parameter"] for error in faults.errors} & {
            "created_after",
            "created_before",
        }:
            start, end = faults.check(period, request) or (None, None)
        faults.refuse()
        jobs = jobs.filter(created_at__gte=start)
        times = stats.times(jobs)
        return Response(
            {
                "from": start,
                "to": end,
                "by_status": stats.count_by_status(jobs),
                "by_type": stats.count_by_type(jobs),
                "failures": stats.failures(jobs),
                "wait_seconds": {"p50": times.wait_p50, "p95": times.wait_p95},
                "run_seconds": {"p50": times.run_p50, "p95": times.run_p95},
                "queues": [_depth(one) for one in stats.waiting_by_queue(visible)],
                "workers": stats.live_workers(),
            }
        )


def period(request: Request) -> tuple[datetime, datetime]:
    """From when to when jobs are counted, by created_after and created_before, which are valid moments.

    Raises: Problem (400) when it is longer than LONGEST_PERIOD.
    """
    query = request.query_params
    end = parameters.moment(query.get("created_before", "")) or timezone.now()
    try:
        start = parameters.moment(query.get("created_after", "")) or end - DEFAULT_PERIOD
    except OverflowError:
        raise bad_value("created_before", "There is no day before that.") from None
    if end - start > LONGEST_PERIOD:
        raise bad_value("created_after", f"At most {LONGEST_PERIOD.days} days are counted at once.")
    return start, end


def _depth(depth: stats.QueueDepth) -> dict[str, Any]:
    return asdict(depth) | {"waiting": min(depth.waiting, stats.CAP)}
