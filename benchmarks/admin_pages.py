"""The admin's pages: home, launch, the job page, and the job list with its filters and refresh."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from django.db.models import Max, Min
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from benchmarks.harness.comparison import compared
from benchmarks.harness.figure import Figure
from benchmarks.harness.rows import TOKEN
from jobs.models import Job, Status

QUERIES = 12
LIST = "/admin/jobs/job/"


def measure(home: Path) -> Iterator[Figure]:
    """Yield what each page costs at both sizes."""
    return compared(_pages, queries_at_most=QUERIES)


def _pages(client: Client) -> Mapping[str, str]:
    newest = {status.label: Job.objects.filter(status=status)[0].pk for status in Status}
    lists = {f"list, {name}": f"{LIST}?{urlencode(query)}" for name, query in _queries().items()}
    return {
        "home": "/admin/",
        "launch": f"{LIST}launch/",
        "launch, form": f"{LIST}launch/report/",
        "refresh": f"{LIST}live/?ids={_active()}",
        "refresh, type": f"{LIST}live/?type=report&ids={_active()}",
        "refresh of home": "/admin/live/",
        **lists,
        "page of a user": f"{LIST}requesters/{_busiest_account()}/",
        "page of a token": f"/admin/jobs/apitoken/{TOKEN}/requests/",
        **{f"page of a job, {name}": f"{LIST}{pk}/change/" for name, pk in newest.items()},
    }


def _busiest_account() -> int:
    """The id of the account that launched one job in five."""
    return int(Job.objects.filter(created_by__isnull=False)[0].created_by_id or 0)


def _active() -> str:
    """Ids of 50 active jobs, half of them running, as a screen of the list refreshes them."""
    halves = (Job.objects.filter(status=status)[:25] for status in ("PROCESSING", "PENDING"))
    return ",".join(str(job.pk) for half in halves for job in half)


def _queries() -> dict[str, dict[str, object]]:
    return {
        "no filter": {},
        "page 100": {"p": 100},
        **{f"tab {status.label}": {"status": status.value} for status in Status},
        "type": {"type": "report"},
        "rare type": {"type": "prune"},
        "rare type, tab Completed": {"type": "prune", "status": Status.COMPLETED},
        "type, tab Failed": {"type": "report", "status": Status.FAILED},
        "type, tab Cancelled, where there are none": {"type": "report", "status": Status.CANCELLED},
        "token": {"token": TOKEN},
        "token, tab Failed": {"token": TOKEN, "status": Status.FAILED},
        "source": {"source": "api"},
        "rare source": {"source": "command"},
        "source, tab Failed": {"source": "api", "status": Status.FAILED},
        "mine": {"mine": "on"},
        "mine, tab Failed": {"mine": "on", "status": Status.FAILED},
        "search": {"q": "Import"},
        "rare search": {"q": "Rare"},
        "error": {"error_code": "exception"},
        "rare error": {"error_code": "worker_lost"},
        "error type": {"error_type": "ValueError"},
        "a cell of the failures": {
            "status": Status.FAILED,
            "type": "report",
            "error_code": "exception",
            "error_type": "ValueError",
            "finished_after": (timezone.now() - timedelta(days=7)).isoformat(),
        },
        "failed in a day": {
            "status": Status.FAILED,
            "finished_after": (timezone.now() - timedelta(days=1)).isoformat(),
        },
        **_sets_and_times(),
    }


def _sets_and_times() -> dict[str, dict[str, object]]:
    ends = Job.objects.aggregate(first=Min("created_at"), last=Max("created_at"))
    middle = ends["first"] + (ends["last"] - ends["first"]) / 2
    rare = Job.objects.filter(queue="rare").order_by("id")
    batch = rare[0].batch_id
    return {
        "not acknowledged": {"unseen": "on"},
        "queue": {"queue": "slow"},
        "rare queue": {"queue": "rare"},
        "batch": {"batch": batch},
        "created after": {"created_after": (timezone.now() - timedelta(hours=1)).isoformat()},
        "created before": {"created_before": middle.isoformat()},
        "active": {"active": "true"},
        "running or cancelled": {"status": "PROCESSING,CANCELLED"},
        "waiting or failed": {"status": "PENDING,FAILED"},
        "failed or cancelled, page 20": {"status": "FAILED,CANCELLED", "p": 20},
        "name": {"name": "Import"},
        "rare creator": {"created_by": "rare"},
        "reruns": {"rerun_of": rare[0].pk},
        "ids": {"id": ",".join(str(pk) for pk in rare.values_list("pk", flat=True)[:100])},
        "started after": {"started_after": (timezone.now() - timedelta(hours=1)).isoformat()},
        "started before": {"started_before": middle.isoformat()},
        "finished before": {"finished_before": middle.isoformat()},
    }
