"""Submitting one job: accepted and published, or refused and gone."""

import json

import pytest

from jobs import access, lifecycle, services
from jobs.engine import publishing
from jobs.engine.publishing import BrokerUnavailable
from jobs.models import Job, JobEvent, Status
from tests.factories import make_user
from tests.services.conftest import caller_for

pytestmark = pytest.mark.django_db


def test_an_accepted_job_waits_with_its_event_and_one_message_that_holds_only_its_id(
    caller, make_type, redis
):
    job = services.submit(caller, type=make_type().slug)
    assert (job.status, job.publishes, job.created_by) == (Status.PENDING, 1, caller.user)
    assert [(e.to_status, e.actor) for e in job.events.all()] == [("PENDING", caller.name)]
    [message] = [json.loads(one) for one in redis.lrange("default", 0, -1)]
    assert message["headers"]["id"] == str(job.id)


def test_what_the_broker_refuses_leaves_no_row_and_no_event(caller, make_type, broken_redis):
    with pytest.raises(BrokerUnavailable):
        services.submit(caller, type=make_type().slug)
    assert not Job.objects.exists()
    assert not JobEvent.objects.exists()


def test_a_job_taken_although_its_publish_failed_is_accepted(caller, make_type, monkeypatch):
    kind = make_type()

    def publish_and_lose_the_answer(jobs):
        lifecycle.claim(jobs[0].id, types=[kind.slug], worker="w1", pid=7)
        raise BrokerUnavailable("timed out")

    monkeypatch.setattr(publishing, "publish", publish_and_lose_the_answer)
    job = services.submit(caller, type=kind.slug)
    assert Job.objects.get(id=job.id).status == Status.PROCESSING


def test_only_those_who_may_launch_a_type_can(make_type, redis):
    kind = make_type(permission="auth.add_user")
    plain, trusted = make_user("jobs.add_job"), make_user("jobs.add_job", "auth.add_user")
    with pytest.raises(services.NotPermitted):
        services.submit(caller_for(plain), type=kind.slug)
    assert services.submit(caller_for(trusted), type=kind.slug)


def test_a_unique_type_names_the_active_job_and_runs_again_after_it(caller, make_type, redis):
    kind = make_type(unique_while_active=True)
    first = services.submit(caller, type=kind.slug)
    with pytest.raises(services.AlreadyActive) as refused:
        services.submit(caller, type=kind.slug)
    assert refused.value.job_id == first.id
    services.cancel(caller, first.id)
    assert services.submit(caller, type=kind.slug).id != first.id


def test_a_settled_job_runs_again_as_a_new_one_that_points_back(caller, make_type, redis):
    first = services.submit(caller, type=make_type().slug, name="Monday")
    with pytest.raises(lifecycle.InvalidTransition):
        services.rerun(caller, first.id)
    services.cancel(caller, first.id)
    again = services.rerun(caller, first.id)
    assert (again.rerun_of_id, again.name, again.status) == (first.id, "Monday", Status.PENDING)


def test_a_rerun_asks_for_the_permission_of_today(caller, make_type, redis):
    first = services.submit(caller, type=make_type().slug)
    services.cancel(caller, first.id)
    caller.user.user_permissions.clear()
    demoted = caller_for(type(caller.user).objects.get(pk=caller.user.pk))
    assert not access.possible(demoted.user, Job.objects.get(id=first.id)).can_rerun
    with pytest.raises(services.NotPermitted):
        services.rerun(demoted, first.id)
