"""Any order of events: one final status, one event a change, one holder, no job lost."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from jobs import lifecycle
from jobs.engine import broker
from jobs.handler import journal
from jobs.models import Job, Source, Status
from jobs.services import Caller
from tests.support import people
from tests.walk.broker import Broker
from tests.walk.model import LIMITS, MAX_ATTEMPTS
from tests.walk.walk import Walk

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def walk(monkeypatch, make_type, settings):
    """Start random walks: walk(max_examples=...)."""
    settings.JOBS_HEARTBEAT_SECONDS = 0  # upkeep publishes again without waiting
    for slug, max_attempts in MAX_ATTEMPTS.items():
        most = LIMITS[slug].at_most if slug in LIMITS else None
        options = {"unique_while_active": slug == "single", "max_running": most}
        make_type(slug=slug, max_attempts=max_attempts, **options)
    stand_in = Broker()
    monkeypatch.setattr(broker, "publish", stand_in.publish)
    monkeypatch.setattr(broker, "queue_depth", stand_in.queue_depth)
    user = people.superuser()
    caller = Caller(user=user, name=user.username, source=Source.API)
    return lambda chosen: run_state_machine_as_test(lambda: Walk(caller, stand_in), settings=chosen)


def test_no_order_of_events_loses_a_job_or_settles_it_twice(walk):
    walk(settings())


def settle_without_the_fence(job_id, outcome, *, attempt, **rest):
    job = Job.objects.filter(id=job_id).first()
    return real_settle(job_id, outcome, attempt=job.attempt if job else attempt, **rest)


def republish_without_a_word(ids, **rest):
    return list(Job.objects.filter(id__in=ids, status=Status.PENDING))


def progress_without_the_fence(job_id, attempt, **rest):
    job = Job.objects.filter(id=job_id).first()
    return real_progress(job_id, job.attempt if job else attempt, **rest)


def release_without_bound(job_id, outcome, *, attempt, actor, **rest):
    if outcome.error_code != "worker_lost":
        return real_settle(job_id, outcome, attempt=attempt, actor=actor, **rest)
    return lifecycle.release(job_id, attempt=attempt, actor=actor, reason="", **rest)


def admit_without_a_count(job_id, *, limits, **rest):
    return real_admit(job_id, limits={}, **rest)


real_admit = lifecycle.admit
real_settle, real_progress = lifecycle.settle, journal.write_progress
BROKEN = {
    "settle without the fence": (lifecycle, "settle", settle_without_the_fence),
    "a withdraw of what others were promised": (lifecycle, "republish", republish_without_a_word),
    "progress of a lost attempt": (journal, "write_progress", progress_without_the_fence),
    "a limit that is not counted": (lifecycle, "admit", admit_without_a_count),
    "attempts without bound": (lifecycle, "settle", release_without_bound),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_walk_finds_a_guard_that_is_gone(walk, monkeypatch, what):
    monkeypatch.setattr(*BROKEN[what])
    with pytest.raises(AssertionError):
        # It ends at the first fault; a limit too many was once not among 200 walks.
        walk(settings(phases=[Phase.generate], max_examples=1000, print_blob=False))
