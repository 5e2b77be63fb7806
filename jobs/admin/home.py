"""The home page: what needs attention, how the last day went, and whether anybody works.

Each figure is one query that stops at a cap, so the page costs the same however many jobs there are.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from jobs import access, registry
from jobs.admin.chart import Chart
from jobs.admin.listing import CAP, capped, counts_by_status
from jobs.models import Job, JobQuerySet, Status, UpkeepState, Worker

ATTENTION_CAP = 99
TRIAGE_ROWS = 8
SHOWN = 6
TOO_LONG = timedelta(minutes=10)
PERIODS = {"1 h": timedelta(hours=1), "24 h": timedelta(hours=24), "7 d": timedelta(days=7)}


@dataclass(frozen=True)
class Failures:
    """Failures of one type with one error, counted by period; each count leads to its list."""

    type: str
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
        """Whether somebody should look."""
        return self.oldest_at is not None and timezone.now() - self.oldest_at > TOO_LONG


def may_see(user: Any) -> bool:
    """Whether the user sees any jobs in the admin: all, or the own ones of those who may launch."""
    return bool(user.has_perm("jobs.view_job") or user.has_perm("jobs.add_job"))


def attention(user: Any) -> str:
    """How many failures the user sees that nobody acknowledged, for the header; "" for none. One query."""
    unseen = _unseen(access.visible_jobs(user)).order_by()[: ATTENTION_CAP + 1].count()
    return "" if not unseen else f"{ATTENTION_CAP}+" if unseen > ATTENTION_CAP else str(unseen)


def figures(request: HttpRequest) -> dict[str, Any]:
    """Everything the home page shows, for the eyes of this user."""
    jobs = access.visible_jobs(request.user).without_large()
    workers = list(Worker.objects.all()[:50])
    running = list(jobs.filter(status=Status.PROCESSING).defer("params", "result")[:200])
    hours = _settled_by_hour(jobs)
    queues = _queues(workers)
    upkeep = UpkeepState.objects.first()
    return {
        "tiles": _tiles(counts_by_status(jobs.active()), hours),
        "chart": Chart.of(hours, [Status.COMPLETED, Status.FAILED]),
        "unseen": list(_unseen(jobs).order_by("-id")[:SHOWN]),
        "triage": _triage(jobs),
        "periods": list(PERIODS),
        "queues": queues,
        "slow_queues": [queue for queue in queues if queue.is_slow],
        "workers": [(worker, _current(worker, running)) for worker in workers],
        "silent": [worker for worker in workers if not _is_live(worker)],
        "live_workers": sum(_is_live(worker) for worker in workers),
        "upkeep": upkeep,
        "upkeep_is_live": upkeep is not None and _is_live(upkeep),
        "mine": list(jobs.active().filter(created_by=request.user).order_by("-id")[:SHOWN]),
    }


def _unseen(jobs: JobQuerySet) -> JobQuerySet:
    return jobs.filter(status=Status.FAILED, acknowledged_at=None)


def _is_live(process: Worker | UpkeepState) -> bool:
    return timezone.now() - process.heartbeat_at < timedelta(seconds=settings.JOBS_LEASE_SECONDS)


def _current(worker: Worker, running: list[Job]) -> list[Job]:
    return [job for job in running if job.worker == worker.id][:SHOWN]


def _tiles(active: Mapping[str, int], hours: Mapping[datetime, Mapping[str, int]]) -> list[tuple[str, ...]]:
    """Status, words, count and address of each of the four figures at the top."""
    day = Counter[str]()
    for counts in hours.values():
        day.update(counts)
    since = (timezone.now() - timedelta(hours=24)).isoformat(timespec="seconds")
    return [
        (Status.PENDING, "Waiting", capped(active.get(Status.PENDING)), _list(status=Status.PENDING)),
        (
            Status.PROCESSING,
            "Processing",
            capped(active.get(Status.PROCESSING)),
            _list(status=Status.PROCESSING),
        ),
        *(
            (status, f"{status.label}, 24 h", _of_day(day, status), _list(status=status, created_after=since))
            for status in (Status.COMPLETED, Status.FAILED)
        ),
    ]


def _of_day(day: Counter[str], status: Status) -> str:
    # Beyond the cap older ones of the day were not read.
    return f"{day[status]:,}{'+' if day.total() >= CAP else ''}"


def _list(**filters: str) -> str:
    return f"{reverse('admin:jobs_job_changelist')}?{urlencode(filters)}"


def _settled_by_hour(jobs: JobQuerySet) -> dict[datetime, dict[str, int]]:
    """The jobs settled in the last 24 hours by hour and status: of the last CAP.

    Source: index jobs_job_finished_at_id.
    """
    since = timezone.now() - timedelta(hours=24)
    last = jobs.filter(finished_at__gte=since).order_by("-finished_at").values("finished_at", "status")[:CAP]
    hours: dict[datetime, dict[str, int]] = {}
    for hour, status, count in _grouped(("date_trunc('hour', finished_at)", "status"), last):
        hours.setdefault(hour, {})[status] = count
    return hours


def _triage(jobs: JobQuerySet) -> list[Failures]:
    """The most frequent failures of the last seven days by type and error: of the last CAP.

    Source: index jobs_job_failed_at.
    """
    now = timezone.now()
    failed = jobs.filter(status=Status.FAILED, finished_at__gte=now - PERIODS["7 d"]).order_by("-finished_at")
    last = failed.values("type", "error_code", "error_type", "finished_at")[:CAP]
    recent = "".join(", count(*) FILTER (WHERE finished_at >= %s)" for _ in PERIODS)
    starts = [now - period for period in PERIODS.values()]
    rows = _grouped(
        ("type", "error_code", "error_type"), last, recent, starts, f"ORDER BY 4 DESC LIMIT {TRIAGE_ROWS}"
    )
    return [_failures(now, *row[:3], row[4:]) for row in rows]


def _failures(now: datetime, type: str, code: str, name: str, counts: Any) -> Failures:
    filters = {"status": Status.FAILED, "type": type, "error_code": code} | (
        {"error_type": name} if name else {}
    )
    cells = [
        (f"{count:,}", _list(**filters, created_after=(now - period).isoformat(timespec="seconds")))
        for count, period in zip(counts, PERIODS.values(), strict=True)
    ]
    return Failures(type, name or code, cells)


def _grouped(
    keys: tuple[str, ...], jobs: Any, more: str = "", values: Iterable[Any] = (), end: str = ""
) -> list[tuple[Any, ...]]:
    """Rows of `keys` with the count of `jobs` (a sliced queryset of values) for each; one query."""
    sql, params = jobs.query.sql_with_params()
    groups = ", ".join(str(number) for number, _ in enumerate(keys, 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(keys)}, count(*){more} FROM ({sql}) AS part GROUP BY {groups} {end}",
            [*values, *params],
        )
        return list(cursor.fetchall())


def _queues(workers: list[Worker]) -> list[Queue]:
    """Every queue that a type names, how many jobs wait in it and since when; one query.

    Source: index jobs_job_waiting.
    """
    sql = """SELECT queue,
            (SELECT count(*) FROM (SELECT 1 FROM jobs_job
                WHERE status = 'PENDING' AND jobs_job.queue = wanted.queue LIMIT %s) AS part),
            (SELECT created_at FROM jobs_job WHERE status = 'PENDING' AND jobs_job.queue = wanted.queue
                ORDER BY published_at LIMIT 1)
        FROM unnest(%s::text[]) AS wanted(queue)"""
    slots = Counter[str]()
    for worker in filter(_is_live, workers):
        slots.update(dict.fromkeys(worker.queues, worker.slots))
    with connection.cursor() as cursor:
        cursor.execute(sql, [CAP + 1, registry.queues()])
        return [Queue(name, capped(count), oldest, slots[name]) for name, count, oldest in cursor.fetchall()]
