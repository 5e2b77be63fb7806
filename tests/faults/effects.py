"""What handlers of the fault suite do, step by step."""

import os
import time

from django.db import connection

from jobs.handler.context import JobContext


def note(job: JobContext) -> None:
    """Leave the trace by which the invariants count runs."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect VALUES (%s, %s, %s)", [job.id, job.attempt, os.getpid()])


def work(job, seconds):
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        job.progress(seconds - left, seconds, f"{left:.1f} s left")
        time.sleep(0.1)


def save(job, name):
    with job.save_file(name, "text/plain") as file:
        file.write(b"bytes")
