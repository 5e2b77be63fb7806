"""A bug of the job system between claim and settle fails the job with an error code of its own."""

import pytest
from django import forms

from jobs import parameters
from jobs.engine.worker import execution, isolation, tasks
from jobs.engine.worker.execution import execute
from jobs.engine.worker.tasks import write_outcome
from jobs.handler import journal
from jobs.models import Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


class Login(forms.Form):
    """A secret, which no error may show."""

    password = forms.CharField()


def bug(*args, **options):
    raise KeyError("hunter2 is not there")


def run(make_type, handler=lambda job, password: {"done": 1}):
    """A job of a type with a secret, executed and settled as in a worker."""
    make_type(handler, slug="login", form=Login, secret_fields=("password",))
    job = make_job(type="login", status=Status.PROCESSING, params={"password": "hunter2"})
    write_outcome(job, execute(job))
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (parameters, "secrets_in"),
        (execution, "JobContext"),
        (execution, "_completed"),
        (execution, "_not_completed"),
    ],
)
def test_a_bug_before_or_after_the_handler_is_an_internal_error(
    make_type, monkeypatch, caplog, place, name
):
    monkeypatch.setattr(place, name, bug)
    if name == "_completed":  # the first failure of it is taken for the handler's
        monkeypatch.setattr(execution, "_not_completed", bug)
    handler = (
        (lambda job, password: 1 / 0) if name == "_not_completed" else (lambda job, password: None)
    )
    job = run(make_type, handler)
    assert (job.status, job.error_code) == (Status.FAILED, "internal_error")
    assert job.error_message == (
        "The job system failed, not the handler (KeyError). The worker's log says more."
    )
    assert "Traceback" in caplog.text
    assert "hunter2" not in job.error_message + job.error_traceback


def test_a_bug_in_writing_the_log_leaves_the_outcome_of_the_handler(make_type, monkeypatch, caplog):
    monkeypatch.setattr(journal, "add_lines", bug)

    def handler(job, password):
        job.log("a line")
        return {"done": 1}

    job = run(make_type, handler)
    assert (job.status, job.result) == (Status.COMPLETED, {"done": 1})
    assert "a step after the handler failed" in caplog.text


def test_a_bug_in_cleaning_up_leaves_the_outcome_of_the_handler(make_type, monkeypatch):
    monkeypatch.setattr(isolation, "renew_sessions", bug)
    job = run(make_type)
    assert (job.status, job.result) == (Status.COMPLETED, {"done": 1})


def test_a_bug_in_writing_an_outcome_is_an_internal_error(make_type, monkeypatch):
    settle = tasks.lifecycle.settle

    def fails_for_completed(job_id, outcome, **options):
        if outcome.status == Status.COMPLETED:
            bug()
        return settle(job_id, outcome, **options)

    monkeypatch.setattr(tasks.lifecycle, "settle", fails_for_completed)
    job = run(make_type)
    assert (job.status, job.error_code) == (Status.FAILED, "internal_error")


def raises(error):
    def handler(job, password):
        raise error

    return handler


ODD_ERRORS = {
    "an offset that is text": SyntaxError("odd", ("file", 1, "2", "x")),
    "a line that is bytes": SyntaxError("odd", ("file", 1, 1, b"x")),
}


@pytest.mark.parametrize("odd", ODD_ERRORS)
def test_an_exception_that_python_cannot_format_keeps_its_name_and_place(make_type, odd):
    job = run(make_type, raises(ODD_ERRORS[odd]))
    assert (job.status, job.error_code) == (Status.FAILED, "exception")
    assert job.error_type == type(ODD_ERRORS[odd]).__qualname__
    assert "odd" in job.error_message
    assert "in handler" in job.error_traceback
