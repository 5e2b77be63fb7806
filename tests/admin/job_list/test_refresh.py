"""The refresh of the job list: what its answers hold, and what they cost."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from jobs.admin import picture
from jobs.admin.job_list import composition, rows
from jobs.models import Job, Status
from tests.admin.job_list.refreshing import LIVE, change, refresh, tags_of
from tests.admin.test_queries import queries
from tests.support import people
from tests.support.factories import make_job, make_worker

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/job/"


def test_the_refresh_draws_the_same_cells_as_the_list(viewer):
    job = make_job(status=Status.PROCESSING, progress_percent=40, progress_message="Section 2 of 5")
    page = viewer.get(LIST).content.decode()
    [row] = refresh(viewer, job).json()["rows"].values()
    assert row["cells"].keys() == {"status", "progress", "wait", "run_time"}
    assert row["cells"]["status"] in page
    assert row["cells"]["progress"] in page
    assert f'data-tags="{row["tags"]}"' in page


def test_the_refresh_answers_304_until_something_changes(viewer):
    job = make_job(status=Status.PROCESSING)
    etag = refresh(viewer, job)["ETag"]
    assert refresh(viewer, job, etag=etag).status_code == 304
    assert refresh(viewer, job, etag=f"W/{etag}").status_code == 304
    change(job, progress_percent=50)
    changed = refresh(viewer, job, etag=etag)
    assert changed.status_code == 200
    assert "50 %" in changed.json()["rows"][job.pk.hex]["cells"]["progress"]


def test_only_the_cells_of_jobs_that_changed_are_sent(viewer):
    jobs = [make_job(status=Status.PROCESSING) for _ in range(5)]
    tags = tags_of(refresh(viewer, *jobs))
    assert refresh(viewer, *jobs, tags=tags).json()["rows"] == {}
    change(jobs[2], progress_percent=50)
    assert [*refresh(viewer, *jobs, tags=tags).json()["rows"]] == [jobs[2].pk.hex]


def test_of_a_job_that_moved_up_in_its_queue_only_the_estimates_are_sent(viewer):
    first, second = make_job(), make_job()
    tags = tags_of(refresh(viewer, first, second))
    Job.objects.filter(pk=first.pk).delete()
    answer = refresh(viewer, first, second, tags=tags).json()
    assert answer["gone"] == [first.pk.hex]
    assert answer["rows"][second.pk.hex]["cells"].keys() == {"progress"}


def test_the_refresh_says_which_ids_are_gone(viewer):
    unknown = uuid4()
    assert viewer.get(LIVE, {"ids": str(unknown)}).json()["gone"] == [unknown.hex]


def test_a_job_of_somebody_else_is_gone_for_a_launcher_and_counted_nowhere(client):
    people.sign_in(client, people.launcher())
    job = make_job(status=Status.FAILED)
    answer = refresh(client, job).json()
    assert answer["gone"] == [job.pk.hex]
    assert answer["rows"] == {}
    assert answer["tabs"][""] == "0"
    assert (answer["attention"], answer["new"]) == ("", "")


@pytest.mark.parametrize("ids", ["x", "1,2", ",".join(str(uuid4()) for _ in range(201))])
def test_the_refresh_refuses_what_is_no_list_of_ids(viewer, ids):
    assert viewer.get(LIVE, {"ids": ids}).status_code == 400


@pytest.mark.parametrize("query", [{"since": "x"}, {"ids": "."}, {"ids": "-"}])
def test_other_nonsense_is_refused_too(viewer, query):
    assert viewer.get(LIVE, query).status_code == 400


def test_jobs_that_left_the_tab_say_where_they_went(viewer):
    job = make_job(status=Status.PROCESSING)
    change(job, status=Status.COMPLETED, finished_at=timezone.now())
    answer = refresh(viewer, job, status="PROCESSING").json()
    assert answer["left"] == [job.pk.hex]
    assert "now Completed" in answer["rows"][job.pk.hex]["cells"]["status"]
    assert refresh(viewer, job).json()["left"] == []


@pytest.mark.parametrize(
    "query", [{}, {"status": "FAILED"}, {"unseen": "on"}, {"source": "api"}, {"type": "report"}]
)
def test_the_refresh_counts_what_the_page_counts(viewer, query):
    for status in Status:
        make_job(status=status, source="api")
    make_job(status=Status.FAILED)
    page = viewer.get(LIST, query)
    counts = {tab.status: tab.count for tab in page.context["cl"].tabs()}
    answer = refresh(viewer, **query).json()
    assert answer["tabs"] == counts
    assert answer["count"] == f"{page.context['cl'].counted_text()} jobs".replace("1 jobs", "1 job")
    assert answer["attention"] == page.context["attention"] == "2"


def test_the_first_refresh_sends_no_estimates_that_the_page_has(viewer):
    rows.clear_usual_cache()
    worker = make_worker(slots=1, types=["report"])
    for seconds in (40, 50, 60):
        ended = timezone.now()
        started = ended - timedelta(seconds=seconds)
        make_job(status=Status.COMPLETED, started_at=started, finished_at=ended)
    started = timezone.now() - timedelta(seconds=7)
    make_job(status=Status.PROCESSING, worker=worker.pk, started_at=started)
    waiting = [make_job() for _ in range(10)]
    page = viewer.get(LIST).content.decode()
    assert "usually about 2 min" in page
    tags = {
        job.pk.hex: re.search(rf'{job.pk.hex}"[^>]*data-tags="([^"]*)"', page)[1] for job in waiting
    }
    Job.objects.filter(status=Status.PROCESSING).update(started_at=started - timedelta(seconds=9))
    assert refresh(viewer, *waiting, tags=tags).json()["rows"] == {}


def test_rows_that_moved_up_from_the_next_page_are_not_new(viewer):
    jobs = [make_job(status=Status.PROCESSING) for _ in range(51)]
    page = jobs[:0:-1]
    assert refresh(viewer, *page).json()["new"] == ""
    change(jobs[10], status=Status.COMPLETED, finished_at=timezone.now())
    assert refresh(viewer, *page, status="PROCESSING").json()["new"] == "1 more"
    make_job(status=Status.PROCESSING)
    assert refresh(viewer, *page, status="PROCESSING").json()["new"] == "1 new"


@pytest.mark.parametrize("query", [{"q": "globex"}, {"name": "Globex"}])
def test_a_search_notices_the_jobs_that_match_later(viewer, query):
    first = make_job(name="Globex 1")
    assert refresh(viewer, first, **query).json()["new"] == ""
    make_job(name="Globex 2")
    answer = refresh(viewer, first, **query).json()
    assert (answer["new"], answer["count"], answer["tabs"]["PENDING"]) == ("1 new", "2 jobs", "2")


def test_a_search_notices_an_older_job_whose_error_has_the_word(viewer):
    older, shown = make_job(status=Status.PROCESSING), make_job(name="lookup")
    assert refresh(viewer, shown, q="lookup").json()["new"] == ""
    ended = {"status": Status.FAILED, "finished_at": timezone.now()}
    change(older, error_code="exception", error_type="LookupError", **ended)
    assert refresh(viewer, shown, q="lookup").json()["count"] == "2 jobs"


def test_an_older_job_that_fails_now_is_new_among_the_failures(viewer):
    older = make_job(status=Status.PROCESSING)
    shown = make_job(status=Status.FAILED)
    change(older, status=Status.FAILED, finished_at=timezone.now(), error_code="exception")
    assert refresh(viewer, shown, status="FAILED").json()["new"] == "1 new"


@pytest.mark.parametrize("query", ["", "status=PENDING", "type=report&status=FAILED", "p=2"])
def test_fifty_active_rows_take_three_queries_at_most(viewer, query):
    make_worker()
    statuses = [Status.PROCESSING, Status.PENDING] * 25
    jobs = [make_job(status=status, type=f"type{n % 3}") for n, status in enumerate(statuses)]
    ids = ",".join(job.pk.hex for job in jobs)
    for forget in (True, False):
        if forget:
            picture.clear_pictures()
            composition.clear_composed()
            rows.clear_usual_cache()
        asked = queries(viewer, f"{LIVE}?{query}", ids=ids)
        assert len(asked) <= 3, [sql[:80] for sql in asked]


def test_viewers_share_counts_but_each_sees_what_it_did_itself_at_once(viewer, client):
    refresh(viewer)
    make_job(status=Status.FAILED)
    assert refresh(viewer).json()["attention"] == "1"
    other = type(client)()
    people.sign_in(other, people.viewer(username="omar"))
    make_job(status=Status.FAILED)
    assert refresh(other).json()["attention"] == "1", "what Vera's request read"
    assert refresh(viewer).json()["attention"] == "2"


def test_counts_that_take_too_long_are_left_out_and_cells_go_on(viewer, monkeypatch):
    job = make_job(status=Status.PROCESSING)
    read, late = picture.stats.read_together, []

    def slow(parts, milliseconds=None):
        late.append("tabs" in parts)
        return None if "tabs" in parts else read(parts, milliseconds)

    monkeypatch.setattr(picture.stats, "read_together", slow)
    assert refresh(viewer, job).status_code == 503
    answer = refresh(viewer, job).json()
    assert (answer["tabs"], answer["count"], answer["new"]) == (None, None, None)
    assert [*answer["rows"]] == [job.pk.hex]
    assert late == [True, False]
