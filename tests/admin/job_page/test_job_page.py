"""The page of one job: what it shows, its refresh, its files and its log."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from django import forms
from django.core.files.storage import storages
from django.utils import timezone

from backoffice import __version__
from jobs import lifecycle
from jobs.admin.job_page.data import parameters_of
from jobs.admin.job_page.timeline import timeline
from jobs.handler.frames import frames_of
from jobs.models import Job, JobFile, JobLog, Source, Status
from tests.support.factories import make_job, make_worker

pytestmark = pytest.mark.django_db

TRACEBACK = """Traceback (most recent call last):
  File "/app/jobs/engine/worker/tasks.py", line 60, in execute
    result = run(context, **params)
  File "/app/jobs/types/sales.py", line 12, in run
    total = add(rows)
  File "/venv/lib/python3.11/site-packages/lib/sum.py", line 9, in add
    raise ValueError("no rows")
ValueError: no rows
"""


def address(job, verb="change"):
    return f"/admin/jobs/job/{job.pk}/{verb}/"


def text_of(client, job):
    return client.get(address(job)).content.decode()


def add_lines(job, *messages, start=1):
    for seq, message in enumerate(messages, start):
        JobLog.objects.create(
            job=job, attempt=1, seq=seq, at=timezone.now(), level="INFO", message=message
        )


def test_the_page_names_the_error_and_where_in_the_application_it_happened(viewer):
    job = make_job(status=Status.FAILED, error_type="ValueError", error_traceback=TRACEBACK)
    regions = viewer.get(address(job)).context["regions"]
    assert "ValueError" in regions["head"]
    assert "total = add(rows)" in regions["outcome"]
    own, others = frames_of(TRACEBACK, "report")
    assert [(frame.place, frame.code) for frame in own] == [
        ("jobs/types/sales.py:12", "total = add(rows)")
    ]
    assert [frame.function for frame in others] == ["add", "execute"]


def test_of_many_frames_of_the_project_the_innermost_stand_open(viewer):
    frames = [f'  File "/app/jobs/types/sales.py", line {n}, in f{n}\n    g()' for n in range(9)]
    job = make_job(status=Status.FAILED, error_traceback="\n".join(frames))
    outcome = viewer.get(address(job)).context["regions"]["outcome"]
    opened, _, folded = outcome.partition("<details>")
    assert ["sales.py:8" in opened, "sales.py:4" in opened, "sales.py:3" in opened] == [1, 1, 0]
    assert "sales.py:0" in folded


def test_an_error_code_stands_in_words_wherever_staff_read_of_the_failure(viewer):
    job = make_job(status=Status.FAILED, error_code="time_limit", error_type="")
    for page in ("/admin/", "/admin/jobs/job/", address(job)):
        text = viewer.get(page).content.decode()
        assert ' title="time_limit">Took too long<' in text, page
        assert ">time_limit<" not in text, page


def test_parameters_stand_under_their_labels_with_secrets_masked(viewer, make_type):
    class Login(forms.Form):
        host = forms.CharField(label="Server")
        password = forms.CharField()

    make_type(slug="login", form=Login, secret_fields=("password",))
    page = text_of(viewer, make_job(type="login", params={"host": "db1", "password": "hunter2"}))
    assert "Server" in page
    assert "db1" in page
    assert "hunter2" not in page


def test_what_was_chosen_stands_in_the_words_of_the_form(viewer, make_type):
    class Order(forms.Form):
        format = forms.ChoiceField(choices=[("xlsx", "Excel (XLSX)")])
        days = forms.MultipleChoiceField(choices=[(1, "Monday"), (2, "Tuesday")])

    make_type(slug="order", form=Order)
    job = make_job(type="order", params={"format": "xlsx", "days": ["1", "7"]})
    rows = {row.name: row.value for row in parameters_of(job).rows}
    assert rows == {"Format": "Excel (XLSX)", "Days": "Monday, 7"}


def test_the_footer_shows_the_version_of_the_site(viewer):
    assert f"Backoffice {__version__}" in text_of(viewer, make_job())


def test_parameters_of_a_type_that_is_gone_are_all_masked(viewer):
    assert "hunter2" not in text_of(viewer, make_job(type="gone", params={"password": "hunter2"}))


def test_the_timeline_tells_who_did_what_and_when(viewer):
    job = make_job(status=Status.CANCELLED, cancel_reason="Wrong month")
    job.events.create(
        to_status=Status.PENDING, actor="olga", at=datetime(2026, 11, 22, 9, tzinfo=UTC)
    )
    job.events.create(
        from_status=Status.PENDING,
        to_status=Status.CANCELLED,
        actor="omar",
        reason="Wrong month",
        at=datetime(2026, 11, 22, 9, 1, 5, tzinfo=UTC),
    )
    steps = timeline(job)
    assert [(step.title, step.actor, step.after) for step in steps] == [
        ("Submitted", "olga", ""),
        ("Cancelled", "omar", "1 min 05 s"),
    ]
    assert "Wrong month" in text_of(viewer, job)


def test_the_timeline_tells_who_asked_to_stop_and_who_acknowledged(viewer):
    job = make_job(status=Status.PROCESSING)
    lifecycle.request_cancel(job.pk, actor="omar", reason="Too slow")
    lifecycle.settle(
        job.pk, lifecycle.failed("exception", "it broke"), attempt=1, actor="worker w1"
    )
    lifecycle.mark_acknowledged(Job.objects.filter(pk=job.pk), actor="olga", note="Known")
    assert [(step.title, step.actor, step.note, step.status) for step in timeline(job)] == [
        ("Asked to stop", "omar", "Too slow", ""),
        ("Failed", "worker w1", "Unexpected error", "FAILED"),
        ("Acknowledged", "olga", "Known", ""),
    ]


def test_the_timeline_names_and_links_the_worker_of_each_attempt(viewer):
    first, last = make_worker(host="app1", pid=11), make_worker(host="app2", pid=12)
    job = make_job(status=Status.PROCESSING, attempt=2, worker=last.pk)
    for worker in (first, last):
        job.events.create(to_status=Status.PROCESSING, actor=f"worker {worker.pk}")
    job.events.create(to_status=Status.PROCESSING, actor="worker " + "e" * 32)
    shown = [step.short_actor for step in timeline(job, last)]
    assert f'<a href="/admin/#worker-{first.pk}" title="{first.pk}">app1 (11)</a>' in shown[0]
    assert f'<a href="/admin/#worker-{last.pk}" title="{last.pk}">app2 (12)</a>' in shown[1]
    assert shown[2] == "worker eeeeeeee"


def test_the_refresh_sends_regions_and_new_lines_and_304_when_there_are_none(viewer):
    job = make_job(status=Status.PROCESSING, progress_percent=10)
    add_lines(job, "first")
    asked = {"version": f"{job.version}-{job.attempt}", "after": 1}
    assert viewer.get(address(job, "live"), asked).status_code == 304
    add_lines(job, "second", start=2)
    answer = viewer.get(address(job, "live"), asked).json()
    assert answer["regions"] == {}
    assert "second" in answer["log"]["lines"]
    assert "first" not in answer["log"]["lines"]
    Job.objects.filter(pk=job.pk).update(version=job.version + 1, progress_percent=60)
    assert "60 %" in viewer.get(address(job, "live"), asked).json()["regions"]["head"]


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30])
def test_the_refresh_takes_any_nonsense_for_a_line_number(viewer, after):
    assert viewer.get(address(make_job(), "live"), {"after": after}).status_code == 200


def test_a_file_comes_as_an_attachment_whatever_it_says_it_is(viewer):
    job = make_job(status=Status.COMPLETED)
    stored = storages["jobs"].save("hostile/page", BytesIO(b"<script>alert(1)</script>"))
    file = JobFile.objects.create(
        job=job,
        attempt=1,
        name='../"evil\r\nX-Header: 1".html',
        content_type="text/html",
        size=25,
        sha256="0" * 64,
        stored_name=stored,
    )
    response = viewer.get(address(job, f"files/{file.pk}"))
    assert response.getvalue() == b"<script>alert(1)</script>"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "X-Header" not in response
    assert viewer.get(f"/admin/jobs/job/{make_job().pk}/files/{file.pk}/").status_code == 404


def test_a_file_that_is_gone_from_the_storage_is_not_found(viewer):
    job = make_job(status=Status.COMPLETED)
    file = JobFile.objects.create(
        job=job,
        attempt=1,
        name="a",
        content_type="text/plain",
        size=1,
        sha256="",
        stored_name="gone",
    )
    assert viewer.get(address(job, f"files/{file.pk}")).status_code == 404


def test_the_log_downloads_as_text(viewer):
    job = make_job(status=Status.COMPLETED)
    add_lines(job, "<b>one</b>", "two")
    response = viewer.get(address(job, "log"))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert [
        line.split(" ", 1)[1].strip() for line in response.getvalue().decode().splitlines()
    ] == [
        "INFO     <b>one</b>",
        "INFO     two",
    ]


def test_what_a_job_says_of_itself_is_text(viewer):
    evil = "<script>alert(1)</script>"
    job = make_job(
        name=evil,
        status=Status.FAILED,
        params={evil: evil},
        result={evil: evil},
        error_type=evil,
        error_message=evil,
        error_traceback=f'  File "{evil}", line 1, in {evil}\n    {evil}',
        created_by_name=evil,
        worker=evil,
        queue=evil,
        request_id=evil,
        source=Source.API,
    )
    add_lines(job, evil)
    job.events.create(to_status=Status.FAILED, actor=evil, reason=evil)
    for page in (address(job), "/admin/jobs/job/", address(job, "live")):
        assert b"<script>alert" not in viewer.get(page).content


def test_no_such_job_is_not_found(viewer):
    for wrong in ("00000000-0000-0000-0000-000000000000", "x", "1"):
        assert viewer.get(f"/admin/jobs/job/{wrong}/change/").status_code == 404
