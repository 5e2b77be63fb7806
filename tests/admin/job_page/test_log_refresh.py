"""The refresh of the log on the page of a running job."""

from html import unescape

import pytest

from jobs.admin.job_page.log import PAGE_LINES
from jobs.models import Status
from tests.admin.job_page.log_rows import add
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return make_job(status=Status.PROCESSING)


def refresh(client, job, **asked):
    version = f"{job.version}-{job.attempt}"
    return client.get(f"/admin/jobs/job/{job.pk}/live/", {"version": version, **asked})


def test_the_refresh_leaves_no_line_out(viewer, job):
    add(job, *range(1, 11))
    assert refresh(viewer, job, after=10).status_code == 304
    add(job, *range(11, 11 + PAGE_LINES))
    sent = refresh(viewer, job, after=10).json()["log"]
    assert sent["lines"].count('class="line"') == PAGE_LINES
    assert "210" in sent["levels"]
    assert sent["after"] == 10 + PAGE_LINES


def test_more_new_lines_than_a_page_replace_the_part_with_a_link_to_the_earlier(viewer, job):
    add(job, *range(1, 5001))
    sent = refresh(viewer, job, after=10).json()["log"]
    assert sent["after"] == 5000
    assert f"?before={5001 - PAGE_LINES}#log" in unescape(sent["part"])
    assert "lines" not in sent


def test_the_refresh_sends_only_the_levels_that_are_shown_and_nothing_to_a_search(viewer, job):
    add(job, *range(1, 11))
    add(job, 11, level="ERROR")
    sent = refresh(viewer, job, after=5, level="ERROR").json()["log"]
    assert sent["lines"].count('class="line"') == 1
    assert refresh(viewer, job, after=5, find="line").status_code == 304


def test_a_gap_is_marked_in_the_refresh_as_well(viewer, job):
    add(job, *range(1, 11), 15)
    assert "4 lines are missing here" in refresh(viewer, job, after=10).json()["log"]["lines"]
