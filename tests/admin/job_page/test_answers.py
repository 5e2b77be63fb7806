"""What a job's page leads with, for each status, and the data below."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django import forms
from django.utils import timezone

from jobs.handler.frames import frames_of
from jobs.models import Job, JobFile, Status, Worker
from tests.support import people
from tests.support.factories import make_job, make_jobs, make_user, make_worker

pytestmark = pytest.mark.django_db


def regions(client, job, query=""):
    page = client.get(f"/admin/jobs/job/{job.pk}/change/{query}")
    return {name: unescape(html) for name, html in page.context["regions"].items()}


def add_files(job, count, attempt=1):
    JobFile.objects.bulk_create(
        JobFile(
            job=job,
            attempt=attempt,
            name=f"part-{number}.csv",
            content_type="text/csv",
            size=10,
            sha256="",
            stored_name=f"{job.pk}/{attempt}/{number}",
        )
        for number in range(count)
    )


def test_a_completed_job_leads_with_its_figures_and_the_download(operator):
    job = make_job(
        status=Status.COMPLETED,
        progress_message="750 of 1,000",
        result={"rows": 12345, "cut_cells": 0, "file_bytes": 2048, "year": 2026, "ok": True},
    )
    add_files(job, 1)
    head = regions(operator, job)["head"]
    figures = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", head)
    assert dict(figures) == {"Rows": "12,345", "File bytes": "2.0\xa0KB", "Cut cells": "0"}
    assert figures[-1][0] == "Cut cells"
    assert "750 of 1,000" not in head
    primary = re.findall(r'class="button"[^>]*>([^<]*)<', head)
    assert [text.strip() for text in primary] == ["Download \u2068part-0.csv\u2069"] or [
        text.strip() for text in primary
    ] == ["Download part-0.csv"]


def test_the_error_of_a_failed_job_is_shown_once(viewer):
    job = make_job(status=Status.FAILED, error_message="no such column: region")
    page = viewer.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()
    assert page.count("no such column: region") == 1


def test_the_same_failure_is_that_of_the_same_cause_if_it_is_known(viewer):
    for fingerprint in ("1" * 16, "1" * 16, "2" * 16, ""):
        job = make_job(status=Status.FAILED, fingerprint=fingerprint)
    job = make_job(status=Status.FAILED, fingerprint="1" * 16)
    head = regions(viewer, job)["head"]
    assert "The same failure 3 times in the last 7 days" in head
    address = re.search(r'<a href="([^"]*)">The same failure', head)[1]
    assert viewer.get(address).context["cl"].result_count == 3


def test_the_same_failures_of_the_week_are_counted_and_listed(viewer):
    old = timezone.now() - timedelta(days=9)
    for fields in (
        {},
        {},
        {"error_type": "KeyError"},
        {"type": "export"},
        {"finished_at": old, "started_at": old, "created_at": old},
        {"status": Status.COMPLETED},
    ):
        make_job(**{"status": Status.FAILED} | fields)
    job = make_job(status=Status.FAILED)
    head = regions(viewer, job)["head"]
    assert "The same failure 3 times in the last 7 days" in head
    address = re.search(r'<a href="([^"]*)">The same failure', head)[1]
    listed = viewer.get(address).context["cl"].result_list
    assert len(listed) == 3
    assert job in listed


def test_only_failures_that_the_user_may_see_are_counted(client):
    lena = people.launcher()
    people.sign_in(client, lena)
    own = make_job(status=Status.FAILED, created_by=lena)
    make_job(status=Status.FAILED)
    assert "The same failure" not in regions(client, own)["head"]


def test_a_waiting_job_links_to_the_jobs_ahead(viewer):
    make_worker()
    first, second, job = make_job(), make_job(), make_job()
    make_job()
    make_job(queue="other")
    head = regions(viewer, job)["head"]
    assert "2 jobs are ahead of it" in head
    address = re.search(r'<a href="([^"]*)">Show the jobs ahead', head)[1]
    assert set(viewer.get(address).context["cl"].result_list) == {first, second}
    assert "Show the jobs ahead" not in regions(viewer, first)["head"]


def test_a_running_job_shows_its_rate_once_there_is_enough_progress(viewer):
    started = timezone.now() - timedelta(minutes=2)
    job = make_job(status=Status.PROCESSING, started_at=started, progress_percent=24)
    head = regions(viewer, job)["head"]
    assert "About 12 % a minute" in head
    assert "about 6 min 20 s left" in head
    early = make_job(status=Status.PROCESSING, started_at=started, progress_percent=1)
    assert "a minute" not in regions(viewer, early)["head"]


def test_the_name_of_a_user_and_the_reason_of_a_cancel_are_in_the_head(viewer):
    job = make_job(status=Status.CANCELLED, cancel_requested_by="olga", cancel_reason="Wrong month")
    assert "Cancelled by olga: Wrong month" in regions(viewer, job)["head"]


def test_the_family_of_reruns_is_a_strip_from_every_member(viewer):
    first = make_job(status=Status.FAILED)
    second = make_job(status=Status.FAILED, rerun_of=first)
    third = make_job(rerun_of=second)
    make_job(status=Status.FAILED)
    for job in (first, second, third):
        head = regions(viewer, job)["head"]
        strip = head[head.index('class="family"') :]
        found = re.findall(r"/job/([0-9a-f-]{36})/change/", strip)
        assert found == [str(one.pk) for one in (first, second, third)]
        assert strip.count("aria-current") == 1


def test_the_family_shows_no_job_of_others_and_stays_bounded(client):
    lena = people.launcher()
    people.sign_in(client, lena)
    first = make_job(status=Status.FAILED, created_by=make_user())
    own = make_job(status=Status.FAILED, rerun_of=first, created_by=lena)
    assert "family" not in regions(client, own)["head"]
    make_jobs(100, rerun_of=own, created_by=lena)
    assert 20 <= regions(client, own)["head"].count("<li") <= 61


def test_files_are_paged_and_every_file_is_reached(viewer):
    job = make_job(status=Status.COMPLETED)
    add_files(job, 120)
    seen = []
    for number in range(1, 7):
        html = regions(viewer, job, f"?files={number}")["outcome"]
        seen += re.findall(r"part-\d+\.csv", html)
    assert seen == [f"part-{number}.csv" for number in range(120)]
    for nonsense in ("0", "-1", "x", "9" * 30, "²"):
        assert "part-" in regions(viewer, job, f"?files={nonsense}")["outcome"]


def test_a_worker_has_one_name_which_leads_to_the_workers(viewer):
    worker = Worker.objects.create(id="3f9c1d7e" * 4, host="app1", pid=4711, slots=1)
    job = make_job(status=Status.COMPLETED, worker=worker.id, pid=9)
    job.events.create(to_status=Status.PROCESSING, actor=f"worker {worker.id}")
    found = regions(viewer, job)
    assert f'href="/admin/#worker-{worker.pk}"' in found["facts"]
    assert ">app1 (4711)</a>" in found["timeline"]


def test_a_type_that_no_longer_exists_is_no_link(viewer):
    job = make_job(type="gone", status=Status.FAILED)
    make_job(type="gone", status=Status.FAILED)
    found = regions(viewer, job)
    assert "type=gone" not in found["facts"] + found["head"]
    assert "no longer exists" in found["facts"]
    assert "The same failure 2 times" in found["head"]


def test_no_question_is_asked_about_what_cannot_be_done(superuser):
    job = make_job(status=Status.PROCESSING)
    page = superuser.get(f"/admin/jobs/job/{job.pk}/delete/").content.decode()
    assert "Delete this job?" not in page
    assert "This job cannot be deleted now" in page


def test_a_project_that_is_an_installed_package_has_its_own_frames(make_type, monkeypatch):
    folder = forms.__file__.rpartition("/")[0].rpartition("/")[0]
    text = (
        f'  File "{folder}/forms/fields.py", line 5, in clean\n    x = 1\n'
        '  File "/venv/lib/python3.11/site-packages/lib/sum.py", line 9, in add\n    y = 2\n'
    )
    kind = make_type(slug="packaged")
    monkeypatch.setattr(kind.run, "__module__", "django.jobs", raising=False)
    own, others = frames_of(text, "packaged")
    assert [frame.code for frame in own] == ["x = 1"]
    assert [frame.code for frame in others] == ["y = 2"]
    assert len(Job.objects.all()) == 0
