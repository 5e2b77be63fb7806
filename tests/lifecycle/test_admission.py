"""A job that is on hold, or whose type is at its limit, does not begin; it is parked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import lifecycle
from jobs.lifecycle import Outcome
from jobs.limits import Limit
from jobs.models import Hold, HoldKind, Job, SiteLimit, Status
from tests.support.factories import make_hold, make_job, make_user

pytestmark = pytest.mark.django_db

COMPLETED = Outcome(status=Status.COMPLETED)


def claim(job):
    return lifecycle.claim(job.id, types=[job.type], worker="w1", pid=1)


def admit(job, types=("report",), **limits):
    return lifecycle.admit(job.id, types=types, limits=limits, worker="w1", pid=1)


def parked_by(job):
    return Job.objects.get(id=job.id).parked_by


def end(job):
    assert lifecycle.settle(job.id, COMPLETED, attempt=job.attempt, actor="w1")


def targets(user):
    token = "00000000-0000-0000-0000-000000000007"
    return {
        HoldKind.TYPE: ("report", {}),
        HoldKind.QUEUE: ("slow", {"queue": "slow"}),
        HoldKind.REQUESTER: (str(user.pk), {"created_by": user}),
        HoldKind.TOKEN: (token, {"token_id": token}),
    }


@pytest.mark.parametrize("kind", HoldKind)
def test_a_held_job_is_not_claimed_and_others_are(kind):
    value, fields = targets(make_user())[kind]
    hold = make_hold(kind=kind, value=value)
    held = make_job(**fields)
    other = make_job(type="other")
    assert claim(held) is None
    assert claim(other)
    assert admit(held).job is None
    assert parked_by(held) == f"hold:{hold.id}"


@pytest.mark.parametrize(
    "ending",
    [
        {"until": timezone.now() - timedelta(seconds=1)},
        {"ended_at": timezone.now(), "released_by": "ann"},
    ],
)
def test_a_hold_that_has_ended_keeps_no_job(ending):
    make_hold(value="report", **ending)
    assert claim(make_job())


def test_a_hold_of_an_account_goes_on_when_the_account_is_deleted():
    make_hold(kind=HoldKind.REQUESTER, value="17", name="ann")
    assert claim(make_job(created_by=None, created_by_name="ann")) is None
    assert claim(make_job(created_by=make_user(username="ann")))


def test_a_held_job_is_parked_even_by_a_worker_that_does_not_know_its_type():
    make_hold(value="gone")
    job = make_job(type="gone")
    admit(job)
    assert parked_by(job).startswith("hold:")


def test_a_job_of_an_unknown_type_is_left_in_line():
    job = make_job(type="gone")
    assert admit(job, gone=Limit(1)) == (None, None)
    assert parked_by(job) == ""


def test_at_most_so_many_jobs_of_a_type_begin_and_the_others_are_parked():
    jobs = [make_job() for _ in range(4)]
    admitted = [admit(job, report=Limit(2)).job is not None for job in jobs]
    assert admitted == [True, True, False, False]
    assert [parked_by(job) for job in jobs] == ["", "", "limit:report", "limit:report"]


def test_a_limit_counts_the_jobs_that_run_since_before_there_was_one():
    make_job(status=Status.PROCESSING)
    SiteLimit.objects.create(type="report", at_most=1)
    job = make_job()
    assert claim(job) is None
    assert admit(job).job is None


def test_a_limit_by_a_parameter_counts_each_of_its_values():
    limit = Limit(1, "customer")
    jobs = [make_job(params={"customer": one}) for one in ("a", "b", "a", None, None)]
    admitted = [admit(job, report=limit).job is not None for job in jobs]
    assert admitted == [True, True, False, True, False]
    assert len({parked_by(job) for job in jobs}) == 3


@pytest.mark.parametrize(("first", "second"), [(1, 1.0), ({"a": 1, "b": 2}, {"b": 2, "a": 1})])
def test_equal_values_share_a_limit_however_they_are_written(first, second):
    jobs = [make_job(params={"customer": one}) for one in (first, second)]
    assert [admit(job, report=Limit(1, "customer")).job is None for job in jobs] == [False, True]


def test_a_job_from_before_the_parameter_shares_the_limit_of_null():
    limit = Limit(1, "customer")
    jobs = [make_job(params={"customer": None}), make_job(params={}), make_job(params={})]
    assert [admit(job, report=limit).job is None for job in jobs] == [False, True, True]


def test_the_limit_of_the_site_comes_before_that_of_the_code():
    SiteLimit.objects.create(type="report", at_most=2)
    jobs = [make_job() for _ in range(3)]
    assert [admit(job, report=Limit(1)).job is None for job in jobs] == [False, False, True]
    SiteLimit.objects.update(at_most=None)
    assert admit(jobs[2], report=Limit(1)).job


def test_a_later_job_does_not_overtake_those_that_wait_for_room():
    running, earlier, later = (make_job() for _ in range(3))
    limit = {"report": Limit(1)}
    running = admit(running, **limit).job
    admit(earlier, **limit)
    end(running)
    assert admit(later, **limit).job is None
    assert admit(earlier, **limit).job


def test_room_is_given_to_the_first_job_that_waits():
    running, *waiting = (make_job() for _ in range(4))
    running, room = admit(running, report=Limit(1))
    for job in reversed(waiting):
        admit(job, report=Limit(1))
    assert lifecycle.next_in_room(room, running.id) == []
    end(running)
    [first] = lifecycle.next_in_room(room, running.id)
    assert first.id == waiting[0].id
    assert lifecycle.next_in_room(room, refused=first.id) == []


def test_the_job_that_is_let_in_is_not_overtaken_before_it_begins():
    running, first, later = (make_job() for _ in range(3))
    limit = {"report": Limit(1)}
    running, room = admit(running, **limit)
    admit(first, **limit)
    end(running)
    lifecycle.next_in_room(room, running.id)
    assert admit(later, **limit).job is None
    assert admit(first, **limit).job


def test_a_hold_that_lasts_longer_is_the_one_that_parks_a_job():
    soon = timezone.now() + timedelta(minutes=1)
    make_hold(value="report", until=soon)
    longest = make_hold(kind=HoldKind.QUEUE, value="default")
    job = make_job()
    admit(job)
    assert parked_by(job) == f"hold:{longest.id}"


def test_a_parked_job_can_be_cancelled():
    make_hold(value="report")
    job = make_job()
    admit(job)
    assert lifecycle.cancel_waiting(job.id, actor="ann").status == Status.CANCELLED
    assert parked_by(job) == ""


def test_one_target_has_one_hold_at_a_time():
    first = make_hold(value="report")
    Hold.objects.filter(id=first.id).update(ended_at=timezone.now())
    assert make_hold(value="report")
