"""A request runs through few of our files, since a reader has to open each of them to follow it.

`python -m tests.journey` prints the files.
"""

import sys

import pytest

from tests.support import journeys
from tests.support.journeys import Journey

# These may only fall; the aims are 20 and 22.
SUBMISSION_AT_MOST = 34
BULK_CANCEL_AT_MOST = 22

pytestmark = pytest.mark.django_db(transaction=True)


def show(journey: Journey) -> None:
    files, visits = journey.files(), journey.visits()
    again = [file for file in files if visits.count(file) > 2]
    lines = [f"{len(files)} files, {len(again)} of them opened three times or more"]
    for number, (file, functions) in enumerate(files.items(), 1):
        lines.append(f"{number:3} {visits.count(file)}x {file:36} {' '.join(functions)}")
    sys.stdout.write("\n".join(lines) + "\n")


def test_a_submission_runs_through_few_files(redis):
    journey = journeys.submission()
    show(journey)
    assert len(journey.files()) <= SUBMISSION_AT_MOST


def test_a_cancel_of_300_jobs_runs_through_few_files(redis):
    journey = journeys.bulk_cancel()
    show(journey)
    assert len(journey.files()) <= BULK_CANCEL_AT_MOST
