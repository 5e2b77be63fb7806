"""How the job type `rogue` misbehaves."""

import logging
import os
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection, transaction

from jobs.handler.context import JobContext
from tests.faults.effects import note, save, work


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
    save(job, "na\x00me\ud800" + "x" * 1000)
    raise ValueError("nul \x00 surrogate \ud800" + "x" * 10_000_000)


def _hold_transaction(job):
    with transaction.atomic():
        note(job)
        work(job, 1.5 * settings.JOBS_LEASE_SECONDS)


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


def _deep():
    return _deep()


def _fill(job):
    with open("/dev/full", "wb", buffering=0) as full:
        full.write(b"x")


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
