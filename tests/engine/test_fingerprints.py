"""A failed attempt stores a fingerprint: one for each type and cause, without secrets."""

import pytest
from django import forms
from rest_framework.exceptions import ValidationError

from jobs import lifecycle
from jobs.engine.worker.execution import execute
from jobs.engine.worker.tasks import write_outcome
from jobs.lifecycle import failed
from jobs.lifecycle.fingerprint import normalized
from jobs.models import Job, Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


class Text(forms.Form):
    text = forms.CharField(required=False)
    password = forms.CharField(required=False)


def raises(job, text, password=""):
    raise ValueError(text)


def raises_elsewhere(job, text, password=""):
    return raises(job, text) if not text else deeper(text)


def deeper(text):
    raise ValueError(text)


def in_a_library(job, text, password=""):
    raise ValidationError(forms.IntegerField().clean(text))


@pytest.fixture
def run(make_type):
    """Run a handler with a text, as in a worker; return its job."""
    known = {}

    def run(handler, text="", slug="login", **params):
        if slug not in known:
            known[slug] = make_type(
                lambda job, text, password="": known[slug, "handler"](job, text, password),
                slug=slug,
                form=Text,
                secret_fields=("password",),
            )
        known[slug, "handler"] = handler
        params = {"text": text, "password": "", **params}
        job = make_job(type=slug, status=Status.PROCESSING, params=params)
        write_outcome(job, execute(job))
        job.refresh_from_db()
        assert job.status == Status.FAILED
        return job

    return run


def test_one_cause_has_one_fingerprint_and_other_causes_have_others(run):
    one = run(raises, "No order 17 of 'Ann'")
    assert len(one.fingerprint) == 16
    assert run(raises, "No order 4711 of «Иван»").fingerprint == one.fingerprint
    others = [
        run(raises, "No invoice 17 of 'Ann'"),
        run(raises_elsewhere, "No order 17 of 'Ann'"),
        run(raises, "No order 17 of 'Ann'", slug="other"),
        run(in_a_library, "x"),
    ]
    assert len({one.fingerprint, *(job.fingerprint for job in others)}) == 5


def test_a_secret_in_an_error_changes_no_fingerprint_and_is_shown_nowhere(run):
    jobs = [run(raises, f"login {one} refused", password=one) for one in ("hunter", "swordfish")]
    assert len({job.fingerprint for job in jobs}) == 1
    assert "hunter" not in normalized(jobs[0].error_message)


def test_the_code_with_which_a_handler_exits_shows_no_secret(run):
    def exits(job, text, password):
        raise SystemExit(f"bad {password}")

    job = run(exits, password="swordfish")
    assert job.error_code == "exited"
    assert "swordfish" not in job.error_message


def test_jobs_that_completed_or_wait_have_no_fingerprint(make_type):
    make_type(lambda job: None, slug="fine")
    job = make_job(type="fine", status=Status.PROCESSING)
    write_outcome(job, execute(job))
    make_job()
    assert set(Job.objects.values_list("fingerprint", flat=True)) == {""}


def test_jobs_of_lost_workers_are_one_group_for_each_type():
    jobs = [make_job(type=slug, status=Status.PROCESSING) for slug in ("report", "report", "prune")]
    for number, job in enumerate(jobs):
        lost = failed("worker_lost", f"worker host{number} was lost")
        assert lifecycle.settle(job.id, lost, attempt=1, actor="upkeep")
        job.refresh_from_db()
    first, second, other = [job.fingerprint for job in jobs]
    assert first == second != other
