"""Handlers that note each run in a side-effect table, and misbehave on demand."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time

from django import forms
from django.conf import settings
from django.db import connection, transaction

from jobs.handler.context import JobContext
from jobs.registry import job_type
from tests.faults.leaks import LEAKS, findings
from tests.faults.programs import PROGRAMS


class Nothing(forms.Form):
    """No parameters."""


class Seconds(forms.Form):
    """How long to take."""

    seconds = forms.FloatField(initial=1)


class Mode(forms.Form):
    """How to misbehave."""

    mode = forms.CharField()


class Program(forms.Form):
    """What to do."""

    program = forms.CharField()


class Leak(forms.Form):
    """What to leave behind."""

    leak = forms.CharField()


def note(job: JobContext) -> None:
    """Leave the trace by which the invariants count runs."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect VALUES (%s, %s, %s)", [job.id, job.attempt, os.getpid()])


@job_type(slug="quick", label="Quick", description="Over at once.", form=Nothing)
def quick(job):
    note(job)


@job_type(slug="idle", label="Idle", description="Does nothing at all.", form=Nothing)
def idle(job):
    pass


@job_type(
    slug="steady", label="Steady", description="Tells how far it is.", form=Seconds, cancel_grace=1
)
def steady(job, seconds):
    note(job)
    _walk(job, seconds)
    return {"seconds": seconds}


@job_type(
    slug="twice",
    label="Twice",
    description="May run again.",
    form=Seconds,
    max_attempts=2,
    cancel_grace=1,
)
def twice(job, seconds):
    note(job)
    _walk(job, seconds)
    return {"attempt": job.attempt}


@job_type(
    slug="stubborn",
    label="Stubborn",
    description="Writes, allowed or not.",
    form=Seconds,
    max_attempts=2,
)
def stubborn(job, seconds):
    note(job)
    time.sleep(seconds)
    said = f"attempt {job.attempt}"
    for write in (
        lambda: job.progress(99, message=said),
        lambda: job.log(said),
        lambda: _save(job, said),
    ):
        with contextlib.suppress(BaseException):  # as a handler with a bare except
            write()
    return {"attempt": job.attempt}


@job_type(slug="slow", label="Slow", description="On its own queue.", form=Seconds, queue="slow")
def slow(job, seconds):
    note(job)
    time.sleep(seconds)


@job_type(
    slug="limited",
    label="Limited",
    description="Two seconds.",
    form=Seconds,
    time_limit=2,
    cancel_grace=1,
)
def limited(job, seconds):
    note(job)
    time.sleep(seconds)


@job_type(slug="deaf", label="Deaf", description="Hears no signal.", form=Seconds, cancel_grace=1)
def deaf(job, seconds):
    note(job)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # as a long call into C does
    time.sleep(seconds)


@job_type(
    slug="deaf_limited", label="Deaf, two seconds", description="Hears no signal.", form=Seconds,
    time_limit=2,
    cancel_grace=1,
)  # fmt: skip
def deaf_limited(job, seconds):
    deaf(job, seconds)


@job_type(slug="program", label="Program", description="Prints, and has children.", form=Program)
def program(job, program):
    note(job)
    return PROGRAMS[program](job)


@job_type(slug="leaky", label="Leaky", description="Leaves something behind.", form=Leak)
def leaky(job, leak):
    note(job)
    LEAKS[leak]()


@job_type(slug="finder", label="Finder", description="Reports what it finds.", form=Nothing)
def finder(job):
    note(job)
    return findings()


@job_type(slug="rogue", label="Rogue", description="Misbehaves.", form=Mode)
def rogue(job, mode):
    note(job)
    return MODES[mode](job)


def _walk(job, seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        job.progress(seconds - left, seconds, f"{left:.1f} s left")
        time.sleep(0.1)


def _save(job, name):
    with job.save_file(name, "text/plain") as file:
        file.write(b"bytes")


def _leave_transaction_open(job):
    atomic = transaction.atomic()
    atomic.__enter__()
    note(job)


def _close_connection(job):
    connection.close()
    note(job)
    connection.connection.close()


def _odd_text(job):
    logging.getLogger("app").warning("nul \x00 surrogate \ud800 %s", "x" * 10_000_000)
    job.progress(1, 2, "nul \x00 surrogate \ud800" + "x" * 10_000_000)
    _save(job, "na\x00me\ud800" + "x" * 1000)
    raise ValueError("nul \x00 surrogate \ud800" + "x" * 10_000_000)


def _hold_transaction(job):
    with transaction.atomic():
        note(job)
        _walk(job, 1.5 * settings.JOBS_LEASE_SECONDS)


def _grandchild(job):
    child = subprocess.Popen(["sleep", "300"], start_new_session=True)
    job.log(str(child.pid))
    time.sleep(300)


def _say_and_wait(job):
    logging.getLogger("app").info("the last word")
    job.progress(10)
    job.progress(42, message="last")
    time.sleep(3)


class Wordless(Exception):
    """Has no text to tell."""

    def __str__(self) -> str:
        raise ValueError("no words")


def _raise_wordless(job: JobContext) -> None:
    raise Wordless


def _nested(levels: int) -> list[object]:
    return [_nested(levels - 1)] if levels else []


MODES = {
    "raise": lambda job: 1 / 0,
    "exit": lambda job: sys.exit(3),
    "os_exit": lambda job: os._exit(7),
    "not_json": lambda job: {"at": object()},
    "nan": lambda job: {"x": float("nan")},
    "text": lambda job: "no dict",
    "nested": lambda job: {"x": _nested(400)},
    "wordless": _raise_wordless,
    "huge_result": lambda job: {"x": "y" * 50_000_000},
    "odd_result": lambda job: {"nul \x00": "surrogate \ud800", 1: (None,)},
    "flood": lambda job: [job.log("x" * 100) for _ in range(50_000)] and None,
    "deep": lambda job: _deep(),
    "disk_full": lambda job: _fill(job),
    "open_transaction": _leave_transaction_open,
    "closed_connection": _close_connection,
    "odd_text": _odd_text,
    "hold_transaction": _hold_transaction,
    "grandchild": _grandchild,
    "quiet": _say_and_wait,
}


def _deep():
    return _deep()


def _fill(job):
    with open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


if os.environ.get("FAULTS_NEWER"):

    @job_type(slug="newer", label="Newer", description="Only the new code knows it.", form=Nothing)
    def newer(job):
        note(job)
