"""Removes TaskResults whose job is gone: by primary key, a slice at a time.

Results of a project's own tasks, in the same table, are the project's: they stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now
from django_celery_results.models import TaskResult

from jobs.database import WORKER_DB
from jobs.lifecycle import TASK
from jobs.models import Job

ORPHANS_KEPT = timedelta(days=30)
RESULTS_A_SLICE = 1_000
SLICES_A_SEARCH = 200  # of a search that continues where the last one ended


@dataclass
class ResultSearch:
    """A search through the results by id; it continues where the last one ended, in a circle."""

    after: int = 0

    def steps(self, *, whole: bool, dry_run: bool) -> Iterator[int]:
        """Remove results older than 30 days that belong to no job; yields how many in each step.

        With `dry_run` only count them.
        """
        if whole:
            self.after = 0
        done = 0
        while whole or done < SLICES_A_SEARCH:
            last = _last_of_slice(self.after)
            if last is None:
                self.after = 0
                return
            orphans = _orphans(self.after, last)
            if orphans and not dry_run:
                TaskResult.objects.using(WORKER_DB).filter(id__in=orphans).delete()
            self.after = last
            done += 1
            yield len(orphans)


def slice_after(result_id: int) -> QuerySet[TaskResult]:
    """Return the next results by id."""
    return TaskResult.objects.using(WORKER_DB).filter(id__gt=result_id).order_by("id")


def owners(task_ids: list[str]) -> QuerySet[Job]:
    """Return the jobs to which results belong."""
    ids = [found for text in task_ids if (found := _as_uuid(text))]
    return Job.objects.using(WORKER_DB).filter(id__in=ids).order_by()


def _last_of_slice(after: int) -> int | None:
    ids = slice_after(after).values_list("id", flat=True)[:RESULTS_A_SLICE]
    return max(ids, default=None)


def _orphans(after: int, last: int) -> list[int]:
    old = slice_after(after).filter(
        id__lte=last, task_name=TASK, date_done__lt=Now() - ORPHANS_KEPT
    )
    found = dict(old.values_list("id", "task_id"))
    owned = {str(job_id) for job_id in owners(list(found.values())).values_list("id", flat=True)}
    return [result_id for result_id, task_id in found.items() if task_id not in owned]


def _as_uuid(text: str) -> UUID | None:
    try:
        found = UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None
