"""The methods of the filters by moment and period: when jobs were created, started and ended."""

from datetime import datetime

from django.utils import timezone

from jobs.filters.conditions import started_since
from jobs.filters.periods import period_ends
from jobs.models import JobQuerySet, created_before, created_since


class FiltersByMoment:
    """Each method returns those of `jobs` that match the value of one filter."""

    as_of: datetime | None  # the moment at which periods such as "Today" end; None is now

    def filter_created_after(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        return jobs.filter(created_since(at))

    def filter_created_before(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        return jobs.filter(created_before(at))

    def filter_started_after(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        return jobs.filter(started_since(at))

    def filter_period(self, jobs: JobQuerySet, name: str, period: str) -> JobQuerySet:
        start, end = period_ends(period, self.as_of or timezone.now())
        if name == "created":
            return jobs.filter(created_since(start), created_before(end))
        # Without the bound of `filter_before`: jobs_job_ended finds these, and with the bound
        # PostgreSQL took another index and read every failed job, once for each type.
        return jobs.filter(finished_at__gte=start, finished_at__lt=end)

    def filter_before(self, jobs: JobQuerySet, name: str, at: datetime) -> JobQuerySet:
        # A job is created before it starts, so this bound changes no result. With it the primary
        # key, which also gives the order, skips newer jobs.
        return self.filter_created_before(jobs.filter(**{f"{name}__lt": at}), name, at)
