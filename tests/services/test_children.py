"""Jobs that a handler launches: whose they are, repeated attempts, and cancels."""

import pytest
from django import forms
from django.db import transaction

from jobs import services
from jobs.errors import Invalid, NotPermitted
from jobs.handler.context import Cancelled, JobContext
from jobs.handler.journal import LostAttempt
from jobs.models import Job, Status
from jobs.services import CANCEL
from tests.support import people
from tests.support.factories import make_job, make_jobs
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


class Number(forms.Form):
    number = forms.IntegerField(initial=0)


@pytest.fixture
def kind(make_type):
    return make_type(form=Number)


@pytest.fixture
def parent(kind, redis):
    user = people.launcher(username="paul")
    who = {"created_by": user, "created_by_name": "paul", "source": "api"}
    return make_job(status=Status.PROCESSING, type=kind.slug, params={"number": 0}, **who)


def attempt(job, number=1):
    Job.objects.filter(id=job.id).update(attempt=number)
    return JobContext(Job.objects.get(id=job.id))


def test_a_child_is_a_job_of_the_account_that_launched_its_parent(parent, kind, redis):
    child = attempt(parent).submit(kind.slug, {"number": 7}, name="Seven")
    stored = Job.objects.get(id=child.id)
    assert (stored.parent_id, stored.created_by_id) == (parent.id, parent.created_by_id)
    assert (stored.name, stored.params, stored.source) == ("Seven", {"number": 7}, "api")
    assert redis.llen("default") == 1
    assert stored.events.get().actor == "paul"


def test_a_repeated_attempt_gets_the_children_of_the_lost_one_in_any_order(parent, kind):
    first = attempt(parent)
    lost = [first.submit(kind.slug, {"number": number}) for number in (1, 1, 2)]
    second = attempt(parent, 2)
    repeated = [second.submit(kind.slug, {"number": number}) for number in (2, 1, 3, 1)]
    assert [one.id for one in repeated if one in lost] == [lost[2].id, lost[0].id, lost[1].id]
    assert Job.objects.filter(parent=parent).count() == 4


def test_a_key_says_which_child_it_is_whatever_its_params(parent, kind):
    child = attempt(parent).submit(kind.slug, {"number": 1}, key="totals")
    again = attempt(parent, 2).submit(kind.slug, {"number": 2}, key="totals")
    other = attempt(parent, 2).submit(kind.slug, {"number": 2}, key="x" * 1000)
    assert (again.id, again.params) == (child.id, {"number": 1})
    assert other.id != child.id


def test_two_parents_of_one_account_have_children_of_the_same_key(parent, kind):
    other = make_job(status=Status.PROCESSING, type=kind.slug, created_by=parent.created_by)
    assert attempt(parent).submit(kind.slug, key="a") != attempt(other).submit(kind.slug, key="a")


def test_children_of_a_command_are_not_doubled_either(kind, redis):
    parent = make_job(status=Status.PROCESSING, type=kind.slug, source="command")
    child = attempt(parent).submit(kind.slug)
    assert attempt(parent, 2).submit(kind.slug) == child


def test_an_attempt_that_lost_its_job_submits_nothing(parent, kind):
    lost = attempt(parent)
    Job.objects.filter(id=parent.id).update(attempt=2)
    with pytest.raises(LostAttempt):
        lost.submit(kind.slug)
    assert not Job.objects.filter(parent=parent).exists()


def test_a_parent_that_was_asked_to_stop_submits_nothing(parent, kind):
    context = attempt(parent)
    services.cancel(caller_for(parent.created_by), parent.id)
    with pytest.raises(Cancelled):
        context.submit(kind.slug)
    assert not Job.objects.filter(parent=parent).exists()


def test_a_child_needs_the_rights_of_its_launcher_and_valid_params(parent, kind, make_type):
    context = attempt(parent)
    with pytest.raises(NotPermitted):
        context.submit(make_type(permission="auth.add_user").slug)
    with pytest.raises(Invalid):
        context.submit(kind.slug, {"number": "many"})
    assert not Job.objects.filter(parent=parent).exists()


def test_a_child_of_a_transaction_that_is_rolled_back_never_was(parent, kind, redis):
    context = attempt(parent)
    with transaction.atomic():
        context.submit(kind.slug)
        transaction.set_rollback(True)
    assert not Job.objects.filter(parent=parent).exists()
    assert redis.llen("default") == 0


def test_a_child_can_be_deleted_at_once_and_outlives_its_parent(parent, kind):
    kept, gone = (attempt(parent).submit(kind.slug, {"number": number}) for number in (1, 2))
    Job.objects.update(status=Status.CANCELLED, finished_at=parent.created_at)
    admin = caller_for(people.superuser())
    services.delete(admin, gone.id)
    services.delete(admin, parent.id)
    assert Job.objects.get().id == kept.id


def test_cancelling_the_parent_reaches_its_waiting_children_only_if_asked(parent):
    waiting = make_jobs(2, lambda n: {"idempotency_key": f"child {n}"}, parent=parent)
    runs = make_job(parent=parent, status=Status.PROCESSING, idempotency_key="child 2")
    grandchild = make_job(parent=waiting[0], idempotency_key="child 3")
    caller = caller_for(people.operator(username="olga"))
    services.cancel(caller, parent.id)
    assert set(Job.objects.filter(parent=parent).values_list("status", flat=True)) == {
        "PENDING",
        "PROCESSING",
    }
    assert CANCEL.on_children(caller, parent.id, "wrong month") == 2
    for job in waiting:
        event = Job.objects.get(id=job.id).events.get(to_status="CANCELLED")
        assert (event.actor, event.reason) == ("olga", "wrong month")
    left = {runs.id: "PROCESSING", grandchild.id: "PENDING"}
    assert dict(Job.objects.filter(id__in=left).values_list("id", "status")) == left


def test_children_that_the_caller_may_not_cancel_stay(parent):
    make_job(parent=parent, idempotency_key="child 1")
    assert CANCEL.on_children(caller_for(parent.created_by), parent.id, "") == 0
