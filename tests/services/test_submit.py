"""Submitting one job: accepted and published, or refused and gone."""

import json
import re
import time
from uuid import UUID

import pytest
from django import forms
from django.core.management import CommandError, call_command

from jobs import lifecycle, parameters, services
from jobs.engine import broker
from jobs.errors import (
    AlreadyActive,
    BrokerUnavailable,
    InvalidBatch,
    InvalidName,
    InvalidParams,
    InvalidTransition,
    NotPermitted,
)
from jobs.models import Job, JobEvent, Status
from jobs.services import RERUN, submission
from tests.support import people
from tests.support.factories import make_job
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db


def test_an_accepted_job_waits_with_its_event_and_one_message_that_holds_only_its_id(
    caller, make_type, redis
):
    job = services.submit(caller, type=make_type().slug).job
    assert (job.status, job.publishes, job.created_by) == (Status.PENDING, 1, caller.user)
    assert [(e.to_status, e.actor) for e in job.events.all()] == [("PENDING", caller.name)]
    [message] = [json.loads(one) for one in redis.lrange("default", 0, -1)]
    assert message["headers"]["id"] == str(job.id)


def test_what_the_broker_refuses_leaves_no_row_and_no_event(caller, make_type, broken_redis):
    with pytest.raises(BrokerUnavailable):
        services.submit(caller, type=make_type().slug)
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_a_fault_while_publishing_leaves_no_row_that_would_run(caller, make_type, monkeypatch):
    def fail(jobs):
        raise RuntimeError("a fault")

    monkeypatch.setattr(broker, "publish", fail)
    with pytest.raises(RuntimeError):
        services.submit(caller, type=make_type().slug)
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_a_job_taken_although_its_publish_failed_is_accepted(caller, make_type, monkeypatch):
    kind = make_type()

    def publish_and_lose_the_answer(jobs):
        lifecycle.claim(jobs[0].id, types=[kind.slug], worker="w1", pid=7)
        raise BrokerUnavailable("timed out")

    monkeypatch.setattr(broker, "publish", publish_and_lose_the_answer)
    job = services.submit(caller, type=kind.slug).job
    assert Job.objects.get(id=job.id).status == Status.PROCESSING


def test_a_unique_type_names_the_active_job_and_runs_again_after_it(caller, make_type, redis):
    kind = make_type(unique_while_active=True)
    first = services.submit(caller, type=kind.slug).job
    with pytest.raises(AlreadyActive) as refused:
        services.submit(caller, type=kind.slug)
    assert refused.value.job_id == first.id
    services.cancel(caller, first.id)
    assert services.submit(caller, type=kind.slug).job.id != first.id


def test_a_settled_job_runs_again_as_a_new_one_that_points_back(caller, make_type, redis):
    first = services.submit(caller, type=make_type().slug, name="Monday").job
    with pytest.raises(InvalidTransition):
        services.rerun(caller, first.id)
    services.cancel(caller, first.id)
    again = services.rerun(caller, first.id).job
    assert (again.rerun_of_id, again.name, again.status) == (first.id, "Monday", Status.PENDING)


def test_a_rerun_asks_for_the_permission_of_today(caller, make_type, redis):
    first = services.submit(caller, type=make_type().slug).job
    services.cancel(caller, first.id)
    caller.user.user_permissions.clear()
    demoted = caller_for(type(caller.user).objects.get(pk=caller.user.pk))
    assert not RERUN.is_possible(demoted.user, Job.objects.get(id=first.id))
    with pytest.raises(NotPermitted):
        services.rerun(demoted, first.id)


@pytest.mark.parametrize("name", ["x" * 201, "two\nlines", "\u200b", "\udc80"])
def test_a_name_that_no_page_could_show_is_refused_at_every_door(caller, make_type, name):
    kind = make_type()
    with pytest.raises(InvalidName):
        services.submit(caller, name=name, type=kind.slug)
    with pytest.raises(InvalidBatch):
        services.submit_batch(caller, [services.Launch(name, kind.slug)])
    with pytest.raises(CommandError, match="A name"):
        call_command("submit_job", name, "--type", kind.slug)
    assert not Job.objects.exists()


def test_a_command_needs_a_name_or_a_type(make_type, redis, capsys):
    with pytest.raises(CommandError, match="a name, a type, or both"):
        call_command("submit_job")
    kind = make_type()
    call_command("submit_job", "--type", kind.slug)
    assert Job.objects.get().name == kind.label
    assert capsys.readouterr().out.strip() == str(Job.objects.get().id)


class Login(forms.Form):
    """A secret parameter."""

    host = forms.CharField()
    password = forms.CharField()


def test_a_secret_as_it_is_shown_is_not_taken_for_the_secret(caller, make_type, redis):
    kind = make_type(form=Login, secret_fields=("password",))
    with pytest.raises(InvalidParams) as refused:
        services.submit(caller, type=kind.slug, params={"host": "a", "password": parameters.MASK})
    assert [(error.name, error.code) for error in refused.value.errors] == [("password", "masked")]
    job = services.submit(caller, type=kind.slug, params={"host": "a", "password": "hunter2"}).job
    services.cancel(caller, job.id)
    shown = parameters.mask(kind, job.params) | {"host": "b"}
    assert services.rerun(caller, job.id, shown).job.params == {"host": "b", "password": "hunter2"}
    new = {"password": "hunter3"}
    assert services.rerun(caller, job.id, new).job.params == {"host": "a", "password": "hunter3"}


def test_anothers_secret_is_kept_only_where_nothing_else_changes(caller, make_type, redis):
    kind = make_type(form=Login, secret_fields=("password",))
    params = {"host": "a", "password": "hunter2"}
    job = make_job(type=kind.slug, params=params, status=Status.FAILED, created_by=caller.user)
    other = caller_for(people.superuser())
    with pytest.raises(InvalidParams, match="password: Enter it again"):
        services.rerun(other, job.id, {"host": "evil", "password": parameters.MASK})
    assert services.rerun(other, job.id, {"host": "a"}).job.params == params
    new = {"host": "b", "password": "hunter3"}
    assert services.rerun(other, job.id, new).job.params == new


@pytest.mark.parametrize(
    ("hours", "logged"), [(24, ["86400 s ahead of"]), (-24, ["86400 s behind"]), (0, [])]
)
def test_a_clock_that_is_far_from_postgresql_s_is_logged(
    caller, make_type, redis, monkeypatch, caplog, hours, logged
):
    now_ms = round(time.time() * 1000) + hours * 3_600_000
    monkeypatch.setattr(submission, "uuid7", lambda: UUID(int=now_ms << 80))
    services.submit(caller, type=make_type().slug)
    found = re.findall("The clock of this host is (.*) PostgreSQL's", caplog.text)
    assert found == logged
