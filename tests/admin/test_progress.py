"""What pages show of a running job that counts: how much of how much, how fast, how long still."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.admin.display.progress import counted_progress
from jobs.models import Status
from jobs.quantities import number_text
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


def counting(done, total, unit="rows", seconds=1500):
    return make_job(
        status=Status.PROCESSING,
        progress_percent=int(100 * done / total),
        progress_done=done,
        progress_total=total,
        progress_unit=unit,
        started_at=timezone.now() - timedelta(seconds=seconds),
    )


def test_list_and_page_show_what_is_counted_and_how_fast(viewer):
    job = counting(120_000, 500_000)
    assert (
        "120,000 of 500,000 rows, 80 rows/s, about 1 h 19 min left"
        in viewer.get(LIST).content.decode()
    )
    page = viewer.get(f"{LIST}{job.pk}/change/").content.decode()
    assert "120,000 of 500,000 rows, 80 rows/s" in page
    assert "about 1 h 19 min left" in page


@pytest.mark.parametrize(
    ("job", "text"),
    [
        ((0, 5000), "0 of 5,000 rows"),
        ((1, 5000), "1 of 5,000 rows"),
        ((2500, 5000, "rows", 2), "2,500 of 5,000 rows"),
        ((30, 60, "files", 600), "30 of 60 files, 3 files/min, about 10 min left"),
        ((2, 4, "tables", 7200), "2 of 4 tables, 24 tables/d, about 2 h left"),
        ((250.5, 1000, "GB", 2000), "250.5 of 1,000 GB, 7.5 GB/min, about 1 h 40 min left"),
    ],
)
def test_a_rate_is_shown_in_a_unit_of_time_that_makes_it_readable(job, text):
    assert counted_progress(counting(*job)) == text


def test_a_job_that_does_not_count_shows_nothing_of_it():
    assert counted_progress(make_job(status=Status.PROCESSING, progress_percent=50)) == ""


@pytest.mark.parametrize(
    ("number", "text"),
    [(99_999_999_999.0, "99,999,999,999"), (1_200, "1,200"), (0.25, "0.25"), (12.5, "12.5")],
)
def test_large_amounts_have_no_exponent(number, text):
    assert number_text(number) == text
