"""Names from right to left, or with direction controls, do not change the text beside them."""

import re
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry

from jobs.models import ApiToken, Job, JobFile, Status
from tests.support.factories import make_job, make_worker

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
HEBREW = "דוח"
NAMES = ["gpj\u202e.exe", "a\u2069\u202eb", "x\u2066y", HEBREW, f"{HEBREW}\u202d"]


@pytest.fixture(params=NAMES, ids=ascii)
def name(request):
    return request.param


def check(page, name):
    """Check that the page shows the name, without direction controls and isolated."""
    assert page.status_code == 200
    text = page.content.decode()
    assert "[U+" in text or HEBREW in text, "the page shows the name"
    # A field holds the name as it is, to be sent back; its value is isolated by itself.
    text = re.sub(r'(value|placeholder)="[^"]*"', "", text)
    assert not set(text) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
    assert text.count("\u2068") == text.count("\u2069")
    assert HEBREW not in re.sub("\u2068[^\u2068\u2069]*\u2069", "", text)


def addresses(job):
    one = f"/admin/jobs/job/{job.pk}"
    return [
        "/admin/jobs/job/",
        f"{one}/change/",
        f"{one}/delete/",
        f"/admin/jobs/job/launch/{job.type}/?again={job.pk}",
    ]


@pytest.mark.parametrize("page", range(4))
def test_a_page_that_shows_a_name_isolates_it(superuser, name, page, make_type):
    job = make_job(
        name=name, type=make_type().slug, status=Status.FAILED, created_by=superuser.user
    )
    JobFile.objects.create(
        job=job,
        attempt=1,
        name=f"{HEBREW}.csv",
        content_type="text/csv",
        size=1,
        sha256="",
        stored_name="x",
    )
    check(superuser.get(addresses(job)[page]), name)


def test_a_running_job_and_its_worker_isolate_a_name(superuser, name, make_type):
    worker = make_worker()
    kind = make_type().slug
    job = make_job(
        name=name, type=kind, status=Status.PROCESSING, worker=worker.pk, created_by=superuser.user
    )
    again = make_job(name=name, type=kind, rerun_of=job)
    for address in ("/admin/", "/admin/jobs/job/", f"/admin/jobs/job/{again.pk}/change/"):
        check(superuser.get(address), name)


def test_a_question_about_many_jobs_isolates_their_names(superuser, name):
    job = make_job(name=name)
    entries = {
        "action": "cancel",
        "_selected_action": [str(job.pk)],
        "select_across": 0,
        "index": 0,
    }
    check(superuser.post("/admin/jobs/job/", entries), name)


def test_messages_and_records_of_actions_isolate_a_name(superuser, name, make_type, redis):
    job = make_job(name=name, type=make_type().slug, status=Status.COMPLETED)
    check(superuser.post(f"/admin/jobs/job/{job.pk}/rerun/", follow=True), name)
    Job.objects.exclude(pk=job.pk).delete()
    check(superuser.post(f"/admin/jobs/job/{job.pk}/delete/", follow=True), name)
    for entry in LogEntry.objects.all():
        assert not set(entry.object_repr) & set("\u202d\u202e\u2066")


def test_tokens_isolate_their_names(superuser, name):
    page = superuser.post("/admin/jobs/apitoken/add/", {"name": name, "days": "30"})
    check(page, name)
    token = ApiToken.objects.get()
    for address in (
        "",
        f"{token.public_id}/requests/",
        f"{token.pk}/delete/",
        f"{token.pk}/history/",
    ):
        check(superuser.get(f"/admin/jobs/apitoken/{address}"), name)


SHOWN_RAW = re.compile(
    r"\{\{ *(?:job|one|file|parent|object|made|token|original)\.name(?![^}]*\|isolated)[^}]*\}\}"
)


@pytest.mark.parametrize(
    "template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name
)
def test_no_template_shows_a_name_as_it_is(template):
    assert not SHOWN_RAW.findall(template.read_text())
