"""The tabs of the job list, the counts of tabs and pages, and where counting ends."""

import re

import pytest
from django.utils import timezone

from jobs.admin import paginator
from jobs.admin.job import JobAdmin
from jobs.admin.job_list import tabs as list_tabs
from jobs.models import Job, Source, Status
from jobs.stats import capped
from tests.support.factories import make_job, make_jobs

# The list's counts limit a statement's time until their transaction ends: a test must not be that
# transaction.
pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"
REVIEW = {"status": "FAILED", "unseen": "on"}


def tabs(client, **query):
    return {tab.status: tab.count for tab in client.get(LIST, query).context["cl"].tabs()}


def test_the_counts_of_the_tabs_obey_the_filters(viewer):
    make_job(status=Status.COMPLETED, source=Source.API)
    make_job(status=Status.FAILED, source=Source.API)
    make_job(status=Status.FAILED, source=Source.ADMIN)
    assert tabs(viewer)["FAILED"] == "2"
    assert tabs(viewer, source="api") == {
        "": "2",
        "PENDING": "0",
        "PROCESSING": "0",
        "COMPLETED": "1",
        "FAILED": "1",
        "CANCELLED": "0",
        "review": "1",
    }


@pytest.mark.parametrize("query", [{"error_code": "worker_lost"}, {"error_type": "KeyError"}])
def test_filters_of_failures_count_no_other_jobs(viewer, query):
    fields = {"status": Status.FAILED, "error_code": "worker_lost", "error_type": "KeyError"}
    make_job(**fields)
    make_job(**fields, acknowledged_at=timezone.now())
    make_job(status=Status.COMPLETED)
    counts = dict.fromkeys(["PENDING", "PROCESSING", "COMPLETED", "CANCELLED"], "0") | {
        "": "2",
        "FAILED": "2",
        "review": "1",
    }
    assert tabs(viewer, **query, **REVIEW) == counts
    assert tabs(viewer, **query) == tabs(viewer, status="FAILED", **query) == counts
    assert tabs(viewer, status="COMPLETED", **query) == counts


def test_the_tab_of_failures_to_review_has_the_number_of_the_header_and_of_home(viewer):
    for number in range(3):
        make_job(status=Status.FAILED, name=f"failed {number}")
    make_job(status=Status.FAILED, acknowledged_at=timezone.now())
    make_job(status=Status.COMPLETED)
    page = viewer.get(LIST, REVIEW)
    shown = page.context["cl"]
    assert {tab.status: tab.count for tab in shown.tabs()} == tabs(viewer)
    assert tabs(viewer)["review"] == page.context["attention"] == "3"
    home = viewer.get("/admin/").content.decode()
    assert re.search(r'<span class="number">3</span><span class="label">To review</span>', home)
    assert [tab.label for tab in shown.tabs() if tab.is_current] == ["To review"]
    assert not shown.chips()
    [others] = {tab.query for tab in shown.tabs() if tab.status == "FAILED"}
    assert "unseen" not in others
    Job.objects.filter(status=Status.FAILED).update(acknowledged_at=timezone.now())
    assert "Nothing to review" in viewer.get(LIST, REVIEW).content.decode()


def test_the_tab_of_failures_to_review_obeys_the_filters(viewer, monkeypatch):
    make_job(status=Status.FAILED, queue="slow", name="Globex")
    make_job(status=Status.FAILED, type="other", name="Globex")
    make_job(status=Status.FAILED, type="other", acknowledged_at=timezone.now())
    counts = [tabs(viewer, **one)["review"] for one in ({"queue": "slow"}, {"type": "other"})]
    assert counts == ["1", "1"]
    assert tabs(viewer, q="Globex", **REVIEW)["review"] == "2"
    # Completed failures do not exist: the list is empty, and the filter is a chip.
    [chip] = viewer.get(LIST, REVIEW | {"status": "COMPLETED"}).context["cl"].chips()
    assert chip.label == "To review"
    glance_at(1, monkeypatch)
    assert tabs(viewer, type="other")["review"] == "1+"


def glance_at(limit, monkeypatch):
    """Make the tabs and the pages count at most so many rows at a glance."""
    monkeypatch.setattr(list_tabs, "GLANCE", limit)
    monkeypatch.setattr(paginator, "GLANCE", limit)


def test_of_many_filtered_jobs_no_more_than_the_cap_are_counted(viewer, monkeypatch):
    glance_at(3, monkeypatch)
    for _ in range(5):
        make_job(source=Source.API)
    assert tabs(viewer, source="api") == {"": "3+", "PENDING": "3+"} | dict.fromkeys(
        ["PROCESSING", "COMPLETED", "FAILED", "CANCELLED", "review"], "?"
    )


def test_counts_that_take_too_long_are_not_known(viewer, monkeypatch):
    monkeypatch.setattr(capped, "first_row_in_time", lambda *arguments: None)
    make_job(source=Source.API)
    assert set(tabs(viewer).values()) == {"?"}
    assert tabs(viewer, source="api").pop("") == "1"  # counted for the pages
    assert set(tabs(viewer, source="api", status="PENDING").values()) == {"?", "1"}


def test_the_pages_are_counted_a_glance_ahead(viewer, monkeypatch):
    glance_at(100, monkeypatch)
    monkeypatch.setattr(paginator, "CAP", 250)
    make_jobs(270)

    def pages(**query):
        page = viewer.get(LIST, query, follow=True)
        assert page.status_code == 200
        return page.context["cl"].page_num, [*page.context["cl"].paginator.page_range], page.content

    assert pages()[:2] == (1, [1, 2])
    assert b"100+ jobs" in pages()[2]
    assert pages(p=2)[:2] == (2, [1, 2, 3])
    assert pages(p=4)[:2] == (4, [1, 2, 3, 4, 5])
    assert b"narrow the filters" in pages(p=5)[2]
    assert pages(p=999)[0] == pages(p="x")[0] == pages(p=-1)[0] == pages(all="")[0] == 1


def test_page_numbers_say_where_some_are_left_out_and_count_nothing(viewer, monkeypatch):
    monkeypatch.setattr(JobAdmin, "list_per_page", 1)
    make_jobs(20)
    page = viewer.get(LIST, {"p": 10}).content.decode()
    pages = re.search(r'<p class="paginator">(.*?)</p>', page)[1]
    assert " ".join(re.sub(r"<[^>]+>", "", pages).split()) == "1 2 … 7 8 9 10 11 12 13 … 19 20"


def test_of_all_that_match_no_more_are_promised_than_were_counted(admin_client, monkeypatch):
    glance_at(60, monkeypatch)
    make_jobs(70)
    assert b"Select all 60+ jobs" in admin_client.get(LIST).content


def test_counts_and_list_end_at_the_cap(viewer, monkeypatch):
    monkeypatch.setattr(paginator, "CAP", 3)
    glance_at(3, monkeypatch)
    for _ in range(5):
        make_job()
    page = viewer.get(LIST)
    assert {tab.count for tab in page.context["cl"].tabs()} == {"3+", "0"}
    assert page.context["cl"].result_count == 3
    assert b"narrow the filters" in page.content
