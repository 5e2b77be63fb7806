"""The figures of the home page: what needs attention, the last 24 hours, queues and workers.

Each is read with a cap, so the page costs the same at any number of jobs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from jobs import access, registry, stats
from jobs.admin.display.numbers import capped_count
from jobs.admin.holds.banner import frame_reads
from jobs.admin.home.chart import Chart
from jobs.admin.home.groups import group_rows, review_address, visible_groups_read
from jobs.admin.picture import attention_text
from jobs.admin_site import admin_url
from jobs.filters import NEWEST_ID, JobFilters
from jobs.models import ACTIVE, Job, Status, UpkeepState, Worker
from jobs.stats import CAP, GLANCE, Read

ROWS_PER_PANEL = 6
TOO_LONG = timedelta(minutes=10)


@dataclass(frozen=True)
class Tile:
    """One of the five figures at the top, and the address of the jobs that it counts."""

    status: Status
    label: str
    count: str
    url: str


@dataclass(frozen=True)
class Queue:
    """A queue: how many jobs wait, since when the first, and how many run at a time."""

    name: str
    waiting: str
    oldest_at: datetime | None
    slots: int
    parked: str = ""  # of them on hold or at a limit; "" for none

    @property
    def is_slow(self) -> bool:
        """Whether its first job has waited more than 10 minutes, and may start."""
        return (
            self.parked != self.waiting
            and self.oldest_at is not None
            and timezone.now() - self.oldest_at > TOO_LONG
        )


def home_reads(user: Any) -> dict[str, Read]:
    """Return the reads of the home page, for a user who may see jobs."""
    jobs = access.visible_jobs(user).without_large()
    running = jobs.filter(status=Status.PROCESSING).only("id", "name", "worker")
    return {
        **frame_reads(user),
        "workers": stats.objects_read(Worker.objects.with_is_live()[:50]),
        "running": stats.objects_read(running[:200]),
        "hours": stats.settled_by_hour_read(jobs),
        "queues": stats.waiting_by_queue_read(Job.objects.all(), GLANCE),
        "upkeep": stats.objects_read(UpkeepState.objects.with_is_live()[:1]),
        "active": stats.counts_to_read(jobs, GLANCE, ACTIVE),
        "failures": visible_groups_read(user),
        # Apart, because the newest of many waiting jobs would leave no row for the running ones.
        "my_running": _mine_read(user, Status.PROCESSING),
        "my_waiting": _mine_read(user, Status.PENDING),
    }


def _mine_read(user: Any, status: Status) -> Read:
    jobs = access.visible_jobs(user).without_large()
    mine = JobFilters({"mine": "on", "status": status}, jobs, user=user)
    return stats.objects_read(mine.first((NEWEST_ID,), ROWS_PER_PANEL)[:ROWS_PER_PANEL])


def home_context(found: Mapping[str, Any]) -> dict[str, Any]:
    """The template context of the home page, of what was read for it."""
    workers, hours = found["workers"], found["hours"]
    queues = _queues(workers, found["queues"])
    upkeep = next(iter(found["upkeep"]), None)
    return {
        "attention": attention_text(found["attention"]),
        "tiles": _tiles(found["active"], hours, attention_text(found["attention"])),
        "chart": Chart.of(hours, [Status.COMPLETED, Status.FAILED]),
        "groups": group_rows(found["failures"]),
        "queues": queues,
        "slow_queues": [queue for queue in queues if queue.is_slow],
        "workers": [(worker, _jobs_of(worker, found["running"])) for worker in workers],
        "silent_workers": [worker for worker in workers if not worker.is_live],
        "live_workers": sum(worker.is_live for worker in workers),
        "upkeep": upkeep,
        "upkeep_is_live": upkeep is not None and upkeep.is_live,
        "my_jobs": [*found["my_running"], *found["my_waiting"]][:ROWS_PER_PANEL],
    }


def _jobs_of(worker: Worker, running: list[Job]) -> list[Job]:
    return [job for job in running if job.worker == worker.id][:ROWS_PER_PANEL]


def _tiles(
    active: Mapping[str, int], hours: Mapping[datetime, Mapping[str, int]], to_review: str
) -> list[Tile]:
    day = Counter[str]()
    for counts in hours.values():
        day.update(counts)
    # Beyond the cap, older jobs of the day were not read.
    more = "+" if day.total() >= CAP else ""
    since = _to_text(timezone.now() - timedelta(hours=24))
    return [
        *(
            Tile(
                status,
                str(status.label),
                capped_count(active.get(status), GLANCE),
                _list_url(status=status),
            )
            for status in (Status.PENDING, Status.PROCESSING)
        ),
        *(
            Tile(
                status,
                f"{status.label}, 24 h",
                f"{day[status]:,}{more}",
                _list_url(status=status, finished_after=since),
            )
            for status in (Status.COMPLETED, Status.FAILED)
        ),
        Tile(Status.FAILED, "To review", to_review or "0", review_address()),
    ]


def _list_url(**filters: str) -> str:
    return f"{admin_url('jobs_job_changelist')}?{urlencode(filters)}"


def _to_text(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _queues(workers: list[Worker], waiting: Iterable[stats.QueueDepth]) -> list[Queue]:
    """Every queue of a job type or of a waiting job."""
    slots = Counter[str]()
    for worker in workers:
        if worker.is_live:
            slots.update(dict.fromkeys(worker.queues, worker.slots))
    depths = {depth.queue: depth for depth in waiting}
    names = sorted({*registry.queues(), *depths})
    return [_queue(name, depths.get(name), slots[name]) for name in names]


def _queue(name: str, depth: stats.QueueDepth | None, slots: int) -> Queue:
    if depth is None:
        return Queue(name, "0", None, slots)
    parked = capped_count(depth.parked, GLANCE) if depth.parked else ""
    return Queue(name, capped_count(depth.waiting, GLANCE), depth.oldest_at, slots, parked)
