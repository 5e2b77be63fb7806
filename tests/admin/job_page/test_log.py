"""The log on a job's page: its pages, levels, search, gaps, and its refresh."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.admin.job_page import log, log_lines
from jobs.admin.job_page.log import PAGE_LINES, log_page
from jobs.admin.job_page.log_query import LogQuery
from jobs.handler.journal import LOG_LINES_LIMIT
from jobs.models import Status
from tests.admin.job_page.log_rows import add
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


@pytest.fixture
def job():
    return make_job(status=Status.PROCESSING)


def numbers(page):
    return [shown.line.seq for shown in page.lines]


def gaps(page):
    return [(shown.line.seq, shown.gap) for shown in page.lines if shown.gap]


def follow(client, job, address):
    """The page at an address of the log, as a browser without JavaScript loads it."""
    return client.get(f"/admin/jobs/job/{job.pk}/change/{address}").context["log"]


def test_all_lines_are_reached_by_links_and_the_total_is_shown(viewer, job):
    add(job, *range(1, 501))
    page = follow(viewer, job, "")
    assert (page.total, page.later) == ("500", "")
    seen = numbers(page)
    while page.earlier:
        page = follow(viewer, job, page.earlier)
        seen = numbers(page) + seen
    assert seen == list(range(1, 501))
    while page.later:
        page = follow(viewer, job, page.later)
    assert numbers(page)[-1] == 500


def test_the_levels_are_filters_with_their_counts(viewer, job):
    add(job, *range(1, 11))
    add(job, 11, 12, level="WARNING")
    add(job, 13, level="ERROR")
    page = follow(viewer, job, "")
    assert [(chip.label, chip.count) for chip in page.chips] == [
        ("All", "13"),
        ("INFO", "10"),
        ("WARNING", "2"),
        ("ERROR", "1"),
    ]
    warnings = follow(viewer, job, page.chips[2].address)
    assert numbers(warnings) == [11, 12]
    both = follow(viewer, job, warnings.chips[3].address)
    assert numbers(both) == [11, 12, 13]
    assert numbers(follow(viewer, job, both.chips[2].address)) == [13]


def test_a_search_reads_all_lines_without_regard_to_case(viewer, job):
    add(job, *range(1, 600))
    add(job, 600, message="Über 100_% of <Globex>")
    add(job, *range(601, 1200))
    for text in ("globex", "ÜBER", "100_%", "<glob"):
        page = log_page(job, LogQuery(find=text))
        assert numbers(page) == [600], text
        assert page.matching == "1"
    html = viewer.get(f"/admin/jobs/job/{job.pk}/change/?find=%3Cglob").content.decode()
    assert "<mark>&lt;Glob</mark>ex&gt;" in html
    assert "1 of 1,199 lines contain" in html
    assert numbers(log_page(job, LogQuery(find="100__"))) == []


def test_a_search_and_a_level_have_pages_too(viewer, job):
    add(job, *range(1, 901), message="row {}")
    add(job, *range(901, 1201), message="row {}", level="ERROR")
    page = follow(viewer, job, "?find=ROW&level=ERROR")
    seen = numbers(page)
    while page.earlier:
        page = follow(viewer, job, page.earlier)
        seen = numbers(page) + seen
    assert seen == list(range(901, 1201))


def test_a_search_that_takes_too_long_says_so(viewer, job, monkeypatch):
    add(job, *range(1, 2000), message="x" * 2000)
    monkeypatch.setattr(log, "SEARCH_MILLISECONDS", 1)
    html = viewer.get(f"/admin/jobs/job/{job.pk}/change/?find=y").content.decode()
    assert "The search took too long" in html


def test_the_first_error_is_a_link_to_its_line(viewer, job):
    add(job, *range(1, 701))
    add(job, 701, 1500, level="CRITICAL")
    add(job, *range(702, 1500))
    address = follow(viewer, job, "").first_error
    assert address == "?line=701#L701"
    page = follow(viewer, job, address)
    assert numbers(page)[0] < 701 < numbers(page)[-1]
    assert len(page.lines) == PAGE_LINES
    html = viewer.get(f"/admin/jobs/job/{job.pk}/change/?line=701").content.decode()
    assert 'id="L701"' in html


def test_missing_lines_are_marked_where_they_are_missing(viewer, job):
    add(job, 3, 4, 10)
    page = follow(viewer, job, "")
    assert gaps(page) == [(3, "2 lines are missing here"), (10, "5 lines are missing here")]
    assert "5 lines are missing here" in viewer.get(f"/admin/jobs/job/{job.pk}/change/").text
    assert gaps(log_page(job, LogQuery(levels=("INFO",)))) == []


def test_a_gap_between_two_pages_is_marked_on_either_page(job):
    add(job, *range(1, 101), *range(111, 111 + PAGE_LINES))
    last = log_page(job, LogQuery())
    assert numbers(last)[0] == 111
    assert gaps(last) == []
    before = log_page(job, LogQuery(before=111))
    assert before.gap_after == "10 lines are missing here"
    assert gaps(log_page(job, LogQuery(after=100))) == [(111, "10 lines are missing here")]


def test_attempts_are_named_and_the_leap_of_numbers_between_them_is_no_gap():
    job = make_job(status=Status.PROCESSING, attempt=2)
    add(job, 1, 2)
    add(job, LOG_LINES_LIMIT + 1, LOG_LINES_LIMIT + 3, attempt=2)
    page = log_page(job, LogQuery())
    assert [shown.attempt for shown in page.lines] == [1, 0, 2, 0]
    assert gaps(page) == [(LOG_LINES_LIMIT + 3, "1 line is missing here")]


@pytest.mark.parametrize(
    "address",
    [
        "?before=x",
        "?line=-5",
        "?after=" + "9" * 40,
        "?level=%00&find=%00",
        "?level=" + "x" * 5000,
        "?find=%25_%5C",
        "?line=1&before=1&after=1",
        "?" + "&".join(f"level=L{number}" for number in range(50)),
    ],
)
def test_any_address_gives_a_page(viewer, job, address):
    add(job, 1, 2)
    for page in ("change", "log/part", "live"):
        assert viewer.get(f"/admin/jobs/job/{job.pk}/{page}/{address}").status_code == 200


def test_the_part_of_another_users_job_is_not_found(client, job):
    people.sign_in(client, people.launcher())
    assert client.get(f"/admin/jobs/job/{job.pk}/log/part/").status_code == 404


def test_the_counts_read_a_bounded_number_of_lines(job, monkeypatch):
    monkeypatch.setattr(log_lines, "COUNTED_LINES", 300)
    monkeypatch.setattr(log, "COUNTED_LINES", 300)
    add(job, *range(1, 601))
    page = log_page(job, LogQuery())
    assert page.total == "300+"
    seen = numbers(page)
    while page.earlier:
        page = log_page(job, LogQuery(before=page.first))
        seen = numbers(page) + seen
    assert seen == list(range(1, 601))


def test_a_page_of_a_long_log_takes_two_queries(job):
    add(job, *range(1, 5001))
    with CaptureQueriesContext(connection) as asked:
        log_page(job, LogQuery())
    assert len(asked) == 2
