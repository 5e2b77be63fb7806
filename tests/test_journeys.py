"""A request runs through few of our files, and docs/architecture.md lists them.

`python -m tests.journey` prints the files.
"""

import sys
from pathlib import Path

import pytest

from tests.support import journeys
from tests.support.journeys import Journey

ARCHITECTURE = Path(__file__).parent.parent / "docs" / "architecture.md"
SUBMISSION_AT_MOST = 20
BULK_CANCEL_AT_MOST = 28

pytestmark = pytest.mark.django_db(transaction=True)


def show(journey: Journey) -> None:
    files, visits = journey.files(), journey.visits()
    again = [file for file in files if visits.count(file) > 2]
    lines = [f"{len(files)} files, {len(again)} of them opened three times or more"]
    for number, (file, functions) in enumerate(files.items(), 1):
        lines.append(f"{number:3} {visits.count(file)}x {file:36} {' '.join(functions)}")
    sys.stdout.write("\n".join(lines) + "\n")


def listed(section: str) -> tuple[list[str], list[str]]:
    """The files to open, and those that also run, in a section of docs/architecture.md."""
    text = ARCHITECTURE.read_text().split(f"## {section}\n")[1].split("\n## ")[0]
    to_open, also_run = (block.split() for block in text.split("```")[1::2])
    return to_open, also_run


def test_a_submission_runs_through_the_files_of_the_page(redis):
    journey = journeys.submission()
    show(journey)
    to_open, also_run = listed("One POST")
    assert set(to_open) <= set(journey.files()) <= {*to_open, *also_run}
    assert len(to_open) <= SUBMISSION_AT_MOST


def test_a_cancel_of_300_jobs_runs_through_the_files_of_the_page(redis):
    journey = journeys.bulk_cancel()
    show(journey)
    to_open, also_run = listed("One click")
    assert set(to_open) <= set(journey.files()) <= {*to_open, *also_run}
    assert len(to_open + also_run) <= BULK_CANCEL_AT_MOST
