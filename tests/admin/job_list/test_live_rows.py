"""Which cells of a row a refresh sends, by what the page shows of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import stats
from jobs.admin.display import live_cells
from jobs.admin.job_list import rows
from jobs.admin.job_list.live_rows import live_rows_read, request_values
from jobs.models import Job, Status
from tests.admin.job_list.refreshing import refresh, tags_of
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


def test_a_row_is_read_in_full_only_if_the_page_shows_another_version(viewer):
    job = make_job(status=Status.PROCESSING)
    assert tags_of(refresh(viewer, job)) == {job.pk.hex: f"{job.version}."}
    read = live_rows_read(Job.objects.order_by(), None)
    for tags, is_full in {f"{job.version}.": False, "7.": True, f"{job.version}l.": True}.items():
        found = stats.read_together({"rows": read.with_values(request_values({str(job.pk): tags}))})
        assert [bool(row[-1]) for row in found["rows"]] == [is_full]


@pytest.mark.parametrize("tags", ["", "x", "Ab3_.Cd", "999999999999.", "\u0661.", "1", "-1."])
def test_a_page_with_tags_of_another_version_of_the_site_gets_all_cells(viewer, tags):
    job = make_job(status=Status.PROCESSING)
    row = refresh(viewer, job, tags={job.pk.hex: tags}).json()["rows"][job.pk.hex]
    assert row["cells"].keys() == set(live_cells.LIVE_COLUMNS)


def test_a_job_that_is_put_on_hold_says_so_though_it_is_the_same_version(viewer):
    job = make_job()
    tags = tags_of(refresh(viewer, job))
    Job.objects.filter(pk=job.pk).update(parked_by="hold:1")
    [row] = refresh(viewer, job, tags=tags).json()["rows"].values()
    assert row["cells"] == {"progress": '<span class="below">On hold</span>'}


def test_a_running_job_that_becomes_slow_says_so_though_it_is_the_same_version(viewer):
    rows.clear_usual_cache()
    ended = timezone.now()
    for _ in range(3):
        started = ended - timedelta(seconds=10)
        make_job(status=Status.COMPLETED, started_at=started, finished_at=ended)
    job = make_job(status=Status.PROCESSING, progress_message="Section 2 of 5")
    tags = tags_of(refresh(viewer, job))
    Job.objects.filter(pk=job.pk).update(started_at=ended - timedelta(minutes=5))
    [row] = refresh(viewer, job, tags=tags).json()["rows"].values()
    assert row["cells"].keys() == {"run_time"}
    assert "slower than usual" in row["cells"]["run_time"]


def test_a_row_that_leaves_by_time_alone_says_so_once_and_comes_back(viewer):
    job = make_job(status=Status.FAILED)
    query = {"fingerprint": job.fingerprint or "0" * 16}
    Job.objects.filter(pk=job.pk).update(fingerprint="0" * 16)
    tags = tags_of(refresh(viewer, job, **query))
    Job.objects.filter(pk=job.pk).update(fingerprint="1" * 16)
    gone = refresh(viewer, job, tags=tags, **query).json()
    assert gone["left"] == [job.pk.hex]
    assert "no longer matches" in gone["rows"][job.pk.hex]["cells"]["status"]
    tags |= {id: row["tags"] for id, row in gone["rows"].items()}
    still = refresh(viewer, job, tags=tags, **query).json()
    assert (still["left"], still["rows"]) == ([job.pk.hex], {})
    Job.objects.filter(pk=job.pk).update(fingerprint="0" * 16)
    back = refresh(viewer, job, tags=tags, **query).json()
    assert back["left"] == []
    assert "no longer" not in back["rows"][job.pk.hex]["cells"]["status"]
