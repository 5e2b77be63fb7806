"""The healthcheck of a worker: true, and cheap."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from jobs import alive
from jobs.engine.worker.agent import Agent
from jobs.engine.worker.state import WorkerState
from tests.support.polling import wait_until
from tests.support.processes import started

CHECK = [sys.executable, "-m", "jobs.alive"]
WORKER = [sys.executable, "-m", "celery", "-A", "backoffice", "worker", "--concurrency=1"]
WORKER += ["--without-heartbeat", "--without-gossip", "--without-mingle"]
LEASE = "3"


@pytest.fixture
def notes(tmp_path, monkeypatch):
    """The directory of the notes, without those of other workers."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def is_alive() -> bool:
    return subprocess.run(CHECK, cwd=settings.BASE_DIR, capture_output=True).returncode == 0


def cpu_seconds_of(command: list[str]) -> float:
    """The CPU time of a command, the least of three runs."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


@pytest.mark.usefixtures("django_db_setup")
def test_it_fails_without_a_worker_with_a_silent_one_and_after_its_end(notes):
    assert not is_alive()
    lease = {"JOBS_LEASE_SECONDS": LEASE, "TMPDIR": str(notes), "FILES_DIR": str(notes)}
    log = (notes / "log").open("w")
    with log, started(WORKER, log=log, REMAP_SIGTERM="SIGQUIT", **lease) as worker:
        wait_until(is_alive, 60)
        os.kill(worker.pid, signal.SIGSTOP)
        wait_until(lambda: not is_alive(), 30)
        os.kill(worker.pid, signal.SIGCONT)
        wait_until(is_alive, 30)
    assert not is_alive()
    assert list(notes.glob("backoffice-worker-*")) == []


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_a_worker_whose_heartbeat_postgresql_did_not_take_is_not_alive(notes, monkeypatch):
    agent = Agent(WorkerState(), 1, ["default"])
    monkeypatch.setattr(agent, "write_row", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        agent.poll()
    assert not is_alive()
    monkeypatch.undo()
    monkeypatch.setenv("TMPDIR", str(notes))
    agent.poll()
    assert is_alive()


def test_old_foreign_and_broken_notes_are_not_fresh(notes, tmp_path_factory):
    note = alive.heartbeat_file(os.getpid())
    for text in ("", "1", "1 nan", "x y", f"{time.monotonic() + 60} 60", "0.5 60", "\0" * 64):
        note.write_text(text)
        assert not alive.is_fresh(note), text
    alive.note_heartbeat(60)
    assert alive.is_fresh(note)
    link = Path(notes, "link")
    link.symlink_to(note)
    assert not alive.is_fresh(link)


def test_a_link_in_place_of_a_note_is_not_followed(notes):
    target = notes / "target"
    alive.heartbeat_file(os.getpid()).symlink_to(target)
    alive.note_heartbeat(60)
    assert not target.exists()


def test_it_costs_a_tenth_of_a_command_that_starts_django(notes):
    alive.note_heartbeat(600)
    assert is_alive()
    cheap = cpu_seconds_of(CHECK)
    django = cpu_seconds_of([sys.executable, "manage.py", "worker_alive"])
    assert cheap < 0.1 * django
    alive.forget_heartbeat()


def test_it_loads_nothing_of_django_and_celery(notes):
    show = "import sys, jobs.alive; print([one for one in sys.modules if one[:6] in names])"
    names = "names = ('django', 'celery', 'kombu'); "
    done = subprocess.run(
        [sys.executable, "-c", names + show], cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr


def test_compose_runs_it():
    text = (settings.BASE_DIR / "docker-compose.yml").read_text()
    assert "[CMD, python, -m, jobs.alive]" in text
