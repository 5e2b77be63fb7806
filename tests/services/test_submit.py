"""Submitting one job: accepted and published, or refused and gone."""

import json

import pytest
from django import forms
from django.core.management import CommandError, call_command

from jobs import access, lifecycle, parameters, services
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
from jobs.services import RERUN
from tests.support import people
from tests.support.factories import make_job, make_user
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


def test_only_those_who_may_launch_a_type_can(make_type, redis):
    kind = make_type(permission="auth.add_user")
    plain, trusted = people.launcher(), make_user("jobs.add_job", "auth.add_user")
    with pytest.raises(NotPermitted):
        services.submit(caller_for(plain), type=kind.slug)
    assert services.submit(caller_for(trusted), type=kind.slug).job


def by_colour(params):
    return f"auth.{params['colour']}_user" if params["colour"] != "none" else None


class Colour(forms.Form):
    """A parameter that a permission may depend on."""

    colour = forms.CharField(initial="none")


def test_params_may_need_a_permission_of_their_own_with_their_defaults_filled_in(make_type, redis):
    kind = make_type(form=Colour, permission_for=by_colour)
    plain, viewer = (
        people.launcher(username="paul"),
        make_user("jobs.add_job", "auth.view_user"),
    )
    with pytest.raises(NotPermitted) as refused:
        services.submit(caller_for(plain), type=kind.slug, params={"colour": "view"})
    assert str(refused.value) == (
        f'"{kind.label}" with these parameters needs the permission auth.view_user,'
        " which paul does not have."
    )
    assert not Job.objects.exists()
    assert services.submit(caller_for(plain), type=kind.slug).job
    assert services.submit(caller_for(viewer), type=kind.slug, params={"colour": "view"}).job


def test_a_launcher_who_lost_the_permission_is_refused_in_the_worker(make_type):
    kind = make_type(form=Colour, permission_for=by_colour)
    demoted = people.launcher(username="dora")
    job = make_job(
        type=kind.slug,
        params={"colour": "add"},
        created_by=demoted,
        created_by_name="dora",
        source="api",
    )
    with pytest.raises(NotPermitted, match=r"needs the permission auth\.add_user, which dora does"):
        services.launcher(job.id)


def test_a_launcher_who_was_deactivated_or_deleted_is_refused_in_the_worker(make_type):
    kind = make_type()
    leaver = people.launcher(is_active=False)
    with pytest.raises(NotPermitted, match="is deactivated"):
        services.launcher(make_job(type=kind.slug, created_by=leaver, source="api").id)
    with pytest.raises(NotPermitted, match="is gone"):
        services.launcher(make_job(type=kind.slug, source="api").id)
    assert services.launcher(make_job(type=kind.slug, source="command").id).user is None


def test_files_are_for_those_whom_the_params_permit(make_type):
    kind = make_type(form=Colour, permission_for=by_colour)
    job = make_job(type=kind.slug, params={"colour": "view"}, status=Status.COMPLETED)
    job.files.create(
        attempt=1, name="x", content_type="text/csv", size=1, sha256="", stored_name="x"
    )
    assert not access.files(people.viewer(), job).exists()
    assert access.files(make_user("auth.view_user"), job).exists()
    assert access.files(None, job).exists()


class Lowered(Colour):
    """The same, but what is sent is not what the handler gets."""

    def clean_colour(self):
        return self.cleaned_data["colour"].lower()


@pytest.mark.parametrize("sent", ["view", "View", " view "])
def test_a_permission_is_asked_for_what_the_handler_gets_however_it_was_spelled(
    make_type, redis, sent
):
    def by_exact_colour(params):
        return "auth.view_user" if params["colour"] == "view" else None

    kind = make_type(form=Lowered, permission_for=by_exact_colour)
    plain = people.launcher(username="paul")
    with pytest.raises(NotPermitted, match=r"auth\.view_user"):
        services.submit(caller_for(plain), type=kind.slug, params={"colour": sent})
    job = make_job(type=kind.slug, params={"colour": sent}, created_by=plain, source="api")
    with pytest.raises(NotPermitted, match=r"auth\.view_user"):
        services.launcher(job.id)
    job.files.create(
        attempt=1, name="x", content_type="text/csv", size=1, sha256="", stored_name="x"
    )
    assert not access.files(plain, job).exists()


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


def test_running_again_is_offered_only_to_those_whom_the_params_permit(make_type):
    kind = make_type(form=Colour, permission_for=by_colour)
    job = make_job(type=kind.slug, params={"colour": "view"}, status=Status.COMPLETED)
    assert not RERUN.is_possible(make_user("jobs.view_job", "jobs.add_job"), job)
    assert RERUN.is_possible(make_user("jobs.add_job", "auth.view_user"), job)
