"""The API's list: its first and 100th (or last) page for each filter, common and rare values."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from django.db.models import Max, Min
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from benchmarks.harness.comparison import compared
from benchmarks.harness.figure import Figure
from jobs.models import Job

# The session, its user, the jobs, their count or creator if requested, and the params on which the
# right to rerun an export depends.
QUERIES = 5
WALK = 100


def measure(home: Path) -> Iterator[Figure]:
    """Yield what each page costs at both sizes."""
    return compared(_pages, queries_at_most=QUERIES)


def _pages(client: Client) -> Mapping[str, str]:
    pages = {}
    for name, query in _queries().items():
        first = f"/api/v1/jobs/?{urlencode(query)}"
        pages[f"{name}, first page"] = first
        pages[f"{name}, page {WALK}"] = _walk(client, first)
    return pages


def _walk(client: Client, address: str) -> str:
    for _ in range(WALK - 1):
        following = client.get(address).json()["next"]
        if following is None:
            break
        address = following
    return address


def _queries() -> dict[str, dict[str, object]]:
    rare = Job.objects.filter(queue="rare").order_by("id")
    ids = ",".join(str(id) for id in Job.objects.values_list("id", flat=True)[:100])
    return {
        "no filter": {},
        "count": {"count": "true"},
        "oldest first": {"ordering": "id"},
        "failed": {"status": "FAILED"},
        "waiting or running": {"status": "PENDING,PROCESSING"},
        "active": {"active": "true"},
        "settled": {"active": "false"},
        "last finished": {"active": "false", "ordering": "-finished_at"},
        "type": {"type": "report"},
        "rare type": {"type": "prune"},
        "rare type that completed": {"type": "prune", "status": "COMPLETED"},
        "name": {"name": "Import"},
        "rare name": {"name": "Rare"},
        "one name in a thousand": {"name": "Import region 17 of"},
        "creator": {"created_by": "staff"},
        "rare creator": {"created_by": "rare"},
        "source": {"source": "api"},
        "rare source": {"source": "command"},
        "queue": {"queue": "slow"},
        "rare queue": {"queue": "rare"},
        "batch": {"batch": str(rare[0].batch_id)},
        "reruns": {"rerun_of": str(rare[0].id)},
        "error": {"error_code": "exception"},
        "rare error": {"error_code": "worker_lost"},
        "ids": {"id": ids},
        **_combined(),
        **_times(),
    }


def _combined() -> dict[str, dict[str, object]]:
    return {
        "running or cancelled": {"status": "PROCESSING,CANCELLED"},
        "waiting or failed": {"status": "PENDING,FAILED"},
        "type that failed": {"type": "report", "status": "FAILED"},
        "creator's failed": {"created_by": "staff", "status": "FAILED"},
        "rare creator's waiting": {"created_by": "rare", "status": "PENDING"},
        "source of a time": {"source": "api", "created_before": _moment("created", "before")},
        "failed in the last hour": {
            "status": "FAILED",
            "created_after": _moment("created", "after"),
        },
        "waiting for long": {"status": "PENDING", "created_before": _moment("created", "before")},
        "active for long": {"active": "true", "created_before": _moment("created", "before")},
    }


def _times() -> dict[str, dict[str, object]]:
    return {
        **{
            f"{column} {side}": {f"{column}_{side}": _moment(column, side)}
            for column in TIMES
            for side in SIDES
        },
        **{f"{column} before most": {f"{column}_before": _early(column)} for column in TIMES},
    }


TIMES = ("created", "started", "finished")
SIDES = ("after", "before")


def _moment(column: str, side: str) -> str:
    """An hour ago for "after", the middle of the time of all jobs for "before"."""
    ends = Job.objects.aggregate(first=Min(f"{column}_at"), last=Max(f"{column}_at"))
    middle = ends["first"] + (ends["last"] - ends["first"]) / 2
    return (timezone.now() - timedelta(hours=1) if side == "after" else middle).isoformat()


def _early(column: str) -> str:
    first = Job.objects.aggregate(first=Min(f"{column}_at"))["first"]
    return (first + timedelta(minutes=5)).isoformat()
