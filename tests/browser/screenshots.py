"""Pictures of the admin for the README and the docs: `make screenshots` writes docs/screenshots/.

A test in form, because it needs the tests' servers and browser; not collected by `make test`.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from jobs.models import Job, JobLog, Source, Status, UpkeepState, Worker
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screenshots"
LIST = "/admin/jobs/job/"
PARAMS = {
    "since": "2026-11-01T00:00:00+00:00",
    "until": "2026-12-01T00:00:00+00:00",
    "format": "xlsx",
}
LOG = ("Reading the period", "Counting by status", "Writing the sheet")
WORKER = "3f9c1d7e" * 4
# Name, what for, minutes ago, wait and run in seconds, progress, who, which door, error.
STORY = [
    ("Generate report", Status.PENDING, 0.3, None, None, None, "maria", Source.API, ""),
    ("Sales of November", Status.PENDING, 0.6, None, None, None, "jonas", Source.ADMIN, ""),
    (
        "Stock of the Rotterdam warehouse",
        Status.PROCESSING,
        2,
        1.2,
        None,
        64,
        "jonas",
        Source.ADMIN,
        "",
    ),
    ("Generate report", Status.PROCESSING, 1, 0.4, None, 18, "import", Source.API, ""),
    ("Quarterly figures", Status.COMPLETED, 9, 0.8, 74, 100, "maria", Source.ADMIN, ""),
    ("Customers of 2026", Status.FAILED, 14, 0.3, 3, 40, "maria", Source.ADMIN, "KeyError"),
    ("Generate report", Status.COMPLETED, 26, 0.2, 12, 100, "import", Source.API, ""),
    ("Generate report", Status.CANCELLED, 31, 4.0, 20, 35, "jonas", Source.ADMIN, ""),
    ("Weekly export", Status.FAILED, 52, 0.5, 600, 71, "cron", Source.COMMAND, "time_limit"),
    ("Sales of October", Status.COMPLETED, 75, 0.2, 48, 100, "maria", Source.ADMIN, ""),
]


def tell(story, staff):
    """The jobs of the story, a day of others behind them, and the workers that run them."""
    now = timezone.now()
    Worker.objects.create(
        id=WORKER, host="app1", pid=4711, slots=4, queues=["default"], consuming=True
    )
    Worker.objects.create(
        id="a07b" * 8, host="app1", pid=4713, slots=2, queues=["maintenance"], consuming=True
    )
    UpkeepState.objects.create(host="app1", pid=4712)
    for hour in range(2, 24):
        for number in range(3 + (hour * 7) % 11):
            ended = now - timedelta(hours=hour, minutes=number)
            status = Status.FAILED if (hour + number) % 13 == 0 else Status.COMPLETED
            make_job(
                name="Generate report",
                status=status,
                created_at=ended - timedelta(seconds=20),
                started_at=ended - timedelta(seconds=18),
                finished_at=ended,
                acknowledged_at=ended,
                created_by_name="import",
                source=Source.API,
            )
    people = {
        staff.username: staff,
        "jonas": make_user(username="jonas"),
        "import": make_user(username="import"),
    }
    for row in reversed(story):
        add(now, people, *row)


def add(now, people, name, status, minutes, wait, run, percent, who, source, error):
    """Make a job of the story, with its history and log."""
    created = now - timedelta(minutes=minutes)
    started = None if wait is None else created + timedelta(seconds=wait)
    finished = None if run is None else started + timedelta(seconds=run)
    times = {"created_at": created, "published_at": created, "started_at": started}
    fields = times | {
        "name": name,
        "status": status,
        "progress_percent": percent,
        "created_by": people.get(who),
        "created_by_name": who,
        "source": source,
        "worker": WORKER,
        "params": PARAMS,
    }
    if percent:
        fields |= {"progress_done": percent * 1_250, "progress_total": 125_000}
        fields["progress_unit"] = "rows"
    if finished:
        fields["finished_at"] = finished
    if status == Status.CANCELLED:
        fields["cancel_reason"] = "Wrong month"
    job = make_job(**fields | error_fields(error))
    add_events(job, who, created, started, finished)


def error_fields(error):
    """Return the columns of an error code, or of an exception of this type."""
    if not error:
        return {}
    if error.islower():
        message = "The job ran longer than its time limit of 10 min."
        return {"error_code": error, "error_type": "", "error_message": message}
    message = "'region' is not a column"
    return {"error_code": "exception", "error_type": error, "error_message": message}


def add_events(job, who, created, started, finished):
    """Add the history of a job, and its log if it ran."""
    actor = f"worker {WORKER}"
    job.events.create(to_status="PENDING", actor=who, at=created)
    if started:
        job.events.create(from_status="PENDING", to_status="PROCESSING", actor=actor, at=started)
        for seq, message in enumerate(LOG, 1):
            line = {"seq": seq, "at": started, "level": "INFO", "message": message}
            JobLog.objects.create(job=job, attempt=1, **line)
    if finished:
        job.events.create(from_status="PROCESSING", to_status=job.status, actor=actor, at=finished)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "suffix"), [(1280, ""), (390, "-phone")])
def test_take_them(open_as, theme, width, suffix):
    staff = people.superuser(password="pass")
    tell(STORY, staff)
    failed = Job.objects.get(error_type="KeyError")
    running = Job.objects.filter(status=Status.PROCESSING).earliest("created_at")
    page = open_as(staff, viewport={"width": width, "height": 844}, color_scheme=theme)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, address in (
        ("home", "/admin/"),
        ("job-list", LIST),
        ("to-review", f"{LIST}?status=FAILED&unseen=on"),
        ("job", f"{LIST}{failed.pk}/change/"),
        ("job-running", f"{LIST}{running.pk}/change/"),
        ("person", f"{LIST}requesters/{staff.pk}/"),
        ("launch", f"{LIST}launch/"),
        ("launch-form", f"{LIST}launch/report/"),
    ):
        page.goto(address)
        if name in ("job-list", "to-review"):
            page.locator("[data-state=live]").wait_for()
        page.screenshot(path=FOLDER / f"{name}{suffix}-{theme}.png", animations="disabled")
