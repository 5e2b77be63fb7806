"""The writes of a running attempt, each fenced by the number of the attempt."""

import itertools
from uuid import uuid4

from django.utils import timezone

from jobs.handler import journal
from jobs.handler.journal import LogLine

LINES = itertools.count()


def progress(*fence):
    return journal.write_progress(*fence, percent=50, message="half")


def add_line(*fence):
    journal.add_lines(*fence, [LogLine(timezone.now(), "INFO", "x")], after=next(LINES))


def add_file(*fence):
    details = {"content_type": "text/plain", "size": 1, "sha256": "", "stored_name": str(uuid4())}
    journal.add_file(*fence, name=str(uuid4()), **details)


WRITES = (progress, add_line, add_file)
