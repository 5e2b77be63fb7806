"""The commands that hold jobs, limit types and drain workers."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.models import Hold, SiteLimit
from tests.support.factories import make_hold, make_worker

pytestmark = pytest.mark.django_db


def run(command, *arguments):
    out = StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue().splitlines()


def test_hold_jobs_holds_lists_and_release_hold_releases():
    [line] = run("hold_jobs", "--type", "report", "--for", "2h", "--reason", "disk is full")
    held = Hold.objects.get()
    assert timedelta(minutes=119) < held.until - timezone.now() <= timedelta(hours=2)
    assert line.startswith(f"{held.id} type report until 20")
    assert run("hold_jobs") == [line]
    assert run("release_hold", held.id) == [f"{held.id} released"]
    assert run("hold_jobs") == []


def test_hold_jobs_takes_a_moment():
    run("hold_jobs", "--queue", "default", "--until", "2099-01-01T00:00:00Z", "--reason", "x")
    assert Hold.objects.get().until.year == 2099


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--type", "nothing", "--reason", "x"), "no such job type"),
        (("--type", "report"), "Say why"),
        (("--type", "report", "--for", "soon", "--reason", "x"), "no duration"),
        (("--type", "report", "--for", "999999d", "--reason", "x"), "2099 or earlier"),
        (("--type", "report", "--until", "noon", "--reason", "x"), "no time"),
        (("--type", "report", "--for", "1h", "--until", "2099-01-01T00:00:00Z"), "not both"),
        (("--type", "report", "--until", "2020-01-01T00:00:00Z", "--reason", "x"), "in the future"),
        (("--reason", "x"), "Say what to hold"),
    ],
)
def test_hold_jobs_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        run("hold_jobs", *arguments)
    assert not Hold.objects.exists()


def test_release_hold_refuses_what_is_no_active_hold():
    with pytest.raises(CommandError, match="There is no hold 7"):
        run("release_hold", 7)
    ended = make_hold(ended_at=timezone.now())
    with pytest.raises(CommandError, match="The hold has ended"):
        run("release_hold", ended.id)


def test_limit_jobs_sets_lists_and_removes():
    set_line = run("limit_jobs", "report", "--at-most", 2, "--by", "format", "--reason", "slow")
    assert set_line == ["report at most 2 for each format (the site)"] == run("limit_jobs")
    run("limit_jobs", "report", "--remove")
    assert not SiteLimit.objects.exists()
    with pytest.raises(CommandError, match="no limit for report"):
        run("limit_jobs", "report", "--remove")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report",), "Give --at-most"),
        (("nothing", "--at-most", 1, "--reason", "x"), "No job type is called nothing"),
        (("report", "--at-most", 0, "--reason", "x"), "from 1 to"),
        (("report", "--at-most", 1), "Say why"),
    ],
)
def test_limit_jobs_says_what_is_wrong(arguments, message):
    with pytest.raises(CommandError, match=message):
        run("limit_jobs", *arguments)


def test_drain_worker_drains_lists_and_resumes():
    worker = make_worker()
    [line] = run("drain_worker", worker.id, "--reason", "new disk")
    assert line.endswith(": new disk")
    assert run("drain_worker") == [line]
    [line] = run("drain_worker", worker.id, "--resume")
    assert line.endswith("takes jobs")
    with pytest.raises(CommandError, match="no live worker \udcff"):
        call_command("drain_worker", "\udcff", reason="a test")
    with pytest.raises(CommandError, match="no live worker gone"):
        run("drain_worker", "gone", "--reason", "x")
