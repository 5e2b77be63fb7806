"""The home page: what needs attention, how the last day went, and which workers are alive.

Each figure is one query that stops at a cap, so the page costs the same however many jobs there
are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from jobs import access, explain, registry, stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.home.chart import Chart
from jobs.models import ACTIVE, Job, JobQuerySet, Status, UpkeepState, Worker
from jobs.stats import CAP, GLANCE

ATTENTION_CAP = 99
TRIAGE_ROWS = 8
SHOWN = 6
TOO_LONG = timedelta(minutes=10)
PERIODS = {"1 h": timedelta(hours=1), "24 h": timedelta(hours=24), "7 d": timedelta(days=7)}


@dataclass(frozen=True)
class Failures:
    """Failures of one type with one error, counted by period; each count leads to its list."""

    type: str
    code: str
    error: str
    counts: list[tuple[str, str]]


@dataclass(frozen=True)
class Queue:
    """A queue: how many wait in it, since when the first, and whether that is too long."""

    name: str
    waiting: str
    oldest_at: datetime | None
    slots: int

    @property
    def is_slow(self) -> bool:
        """Whether it needs attention."""
        return self.oldest_at is not None and timezone.now() - self.oldest_at > TOO_LONG


def attention(user: Any) -> str:
    """How many failures that the user sees are not acknowledged, for the header; "" for none.

    One query.
    """
    unseen = _unseen(access.visible_jobs(user)).order_by()[: ATTENTION_CAP + 1].count()
    return "" if not unseen else f"{ATTENTION_CAP}+" if unseen > ATTENTION_CAP else str(unseen)


def figures(request: HttpRequest) -> dict[str, Any]:
    """Everything the home page shows, for the eyes of this user."""
    jobs = access.visible_jobs(request.user).without_large()
    workers = list(Worker.objects.with_is_live()[:50])
    running = list(jobs.filter(status=Status.PROCESSING)[:200])
    hours = stats.settled_by_hour(jobs)
    queues = _queues(workers)
    upkeep = UpkeepState.objects.with_is_live().first()
    return {
        "tiles": _tiles(stats.counts_to(jobs, GLANCE, ACTIVE), hours),
        "chart": Chart.of_last_day(hours, [Status.COMPLETED, Status.FAILED]),
        "unseen": list(_unseen(jobs).order_by("-id")[:SHOWN]),
        "triage": _triage(jobs),
        "periods": list(PERIODS),
        "queues": queues,
        "slow_queues": [queue for queue in queues if queue.is_slow],
        "workers": [(worker, _current(worker, running)) for worker in workers],
        "silent": [worker for worker in workers if not worker.is_live],
        "live_workers": sum(worker.is_live for worker in workers),
        "upkeep": upkeep,
        "upkeep_is_live": upkeep is not None and upkeep.is_live,
        "mine": list(jobs.active().filter(created_by=request.user).order_by("-id")[:SHOWN]),
    }


def _unseen(jobs: JobQuerySet) -> JobQuerySet:
    return jobs.filter(status=Status.FAILED, acknowledged_at=None)


def _current(worker: Worker, running: list[Job]) -> list[Job]:
    return [job for job in running if job.worker == worker.id][:SHOWN]


def _tiles(
    active: Mapping[str, int], hours: Mapping[datetime, Mapping[str, int]]
) -> list[tuple[str, ...]]:
    """Status, words, count and address of each of the four figures at the top."""
    day = Counter[str]()
    for counts in hours.values():
        day.update(counts)
    since = (timezone.now() - timedelta(hours=24)).isoformat(timespec="seconds")
    return [
        (
            Status.PENDING,
            "Waiting",
            capped_count(active.get(Status.PENDING), GLANCE),
            _list(status=Status.PENDING),
        ),
        (
            Status.PROCESSING,
            "Processing",
            capped_count(active.get(Status.PROCESSING), GLANCE),
            _list(status=Status.PROCESSING),
        ),
        *(
            (
                status,
                f"{status.label}, 24 h",
                _of_day(day, status),
                _list(status=status, finished_after=since),
            )
            for status in (Status.COMPLETED, Status.FAILED)
        ),
    ]


def _of_day(day: Counter[str], status: Status) -> str:
    # Beyond the cap older ones of the day were not read.
    return f"{day[status]:,}{'+' if day.total() >= CAP else ''}"


def _list(**filters: str) -> str:
    return f"{reverse('admin:jobs_job_changelist')}?{urlencode(filters)}"


def _triage(jobs: JobQuerySet) -> list[Failures]:
    """The most frequent failures of the last seven days by type and error."""
    starts = [timezone.now() - period for period in PERIODS.values()]
    return [
        _linked(failures, starts)
        for failures in stats.recent_failures(jobs, starts, limit=TRIAGE_ROWS)
    ]


def _linked(found: stats.Failures, starts: list[datetime]) -> Failures:
    filters = {"status": Status.FAILED, "type": found.type, "error_code": found.error_code}
    if found.error_type:
        filters["error_type"] = found.error_type
    cells = [
        (
            f"{count:,}{'+' if found.counted_from and start < found.counted_from else ''}",
            _list(**filters, finished_after=start.isoformat(timespec="seconds")),
        )
        for count, start in zip(found.counts, starts, strict=True)
    ]
    error = explain.error_name(found.error_code, found.error_type)
    return Failures(found.type, found.error_code, error, cells)


def _queues(workers: list[Worker]) -> list[Queue]:
    """Every queue that a type names or that a job waits in; one query."""
    slots = Counter[str]()
    for worker in (one for one in workers if one.is_live):
        slots.update(dict.fromkeys(worker.queues, worker.slots))
    depths = {depth.queue: depth for depth in stats.waiting_by_queue(Job.objects.all(), GLANCE)}
    return [
        _queue(name, depths.get(name), slots[name])
        for name in sorted({*registry.queues(), *depths})
    ]


def _queue(name: str, depth: stats.QueueDepth | None, slots: int) -> Queue:
    if depth is None:
        return Queue(name, "0", None, slots)
    return Queue(name, capped_count(depth.waiting, GLANCE), depth.oldest_at, slots)
