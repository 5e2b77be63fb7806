"""Handlers that note each run in a side-effect table, and misbehave on demand."""

import contextlib
import os
import signal
import time

from django import forms
from django.db import connection, transaction

from jobs.registry import job_type
from tests.faults.effects import note, save, work
from tests.faults.findings import findings
from tests.faults.leaks import LEAKS
from tests.faults.modes import MODES
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


@job_type(slug="quick", label="Quick", description="Over at once.", form=Nothing)
def quick(job):
    note(job)


@job_type(slug="long_sql", label="Long SQL", description="One statement.", form=Seconds)
def long_sql(job, seconds):
    note(job)
    with job.sql(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


@job_type(slug="long_program", label="Long program", description="Two.", form=Seconds)
def long_program(job, seconds):
    note(job)
    job.run_program(["sh", "-c", f"sleep {seconds} & sleep {seconds}"])


@job_type(slug="idle", label="Idle", description="Does nothing at all.", form=Nothing)
def idle(job):
    pass


@job_type(
    slug="steady", label="Steady", description="Tells how far it is.", form=Seconds, cancel_grace=1
)
def steady(job, seconds):
    note(job)
    work(job, seconds)
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
    work(job, seconds)
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
        lambda: save(job, said),
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


if os.environ.get("FAULTS_NEWER"):

    @job_type(slug="newer", label="Newer", description="Only the new code knows it.", form=Nothing)
    def newer(job):
        note(job)
