"""Limits of the site, and drained workers, as all doors use them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import services
from jobs.errors import InvalidHold, InvalidTransition, UnknownJobType
from jobs.limits import Limit
from jobs.models import AuditEntry, SiteLimit, Worker
from tests.support import people
from tests.support.factories import make_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga():
    return people.caller_for(people.operator())


def changed():
    """What the audit trail says was changed."""
    return list(AuditEntry.objects.order_by("id").values_list("object_type", flat=True))


def test_the_site_sets_lifts_and_removes_a_limit(olga, make_type):
    make_type(slug="once", max_running=1)

    def applies():
        return {one.type: one.applies for one in services.limited_types()}

    assert applies() == {"once": Limit(1)}
    services.set_site_limit(olga, "once", None, reason="enough memory")
    assert applies() == {"once": None}
    services.set_site_limit(olga, "report", 2, by="format", reason="slow")
    assert applies()["report"] == Limit(2, "format")
    services.remove_site_limit(olga, "once")
    assert applies()["once"] == Limit(1)
    with pytest.raises(SiteLimit.DoesNotExist):
        services.remove_site_limit(olga, "once")
    assert changed() == ["jobs.sitelimit"] * 3


def test_the_limit_of_a_type_that_is_gone_can_be_removed(olga):
    SiteLimit.objects.create(type="gone", at_most=1, set_by="olga")
    [limited] = services.limited_types()
    assert limited.label == "gone"
    services.remove_site_limit(olga, "gone")


@pytest.mark.parametrize(
    ("at_most", "by", "field"),
    [(0, "", "at_most"), (-1, "", "at_most"), (10_001, "", "at_most"), (1, "nothing", "by"),
     (None, "format", "by")],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_is_refused(olga, at_most, by, field):
    with pytest.raises(InvalidHold) as refused:
        services.set_site_limit(olga, "report", at_most, by=by, reason="x")
    assert refused.value.field == field


def test_a_type_that_does_not_exist_has_no_limit(olga):
    with pytest.raises(UnknownJobType):
        services.set_site_limit(olga, "nothing", 1, reason="x")


def test_a_worker_is_drained_and_resumed_once(olga):
    worker = make_worker()
    drained = services.drain_worker(olga, worker.id, reason="new disk")
    assert (drained.drained_by, drained.drain_reason) == ("olga", "new disk")
    with pytest.raises(InvalidTransition):
        services.drain_worker(olga, worker.id, reason="new disk")
    assert services.resume_worker(olga, worker.id).drained_at is None
    with pytest.raises(InvalidTransition):
        services.resume_worker(olga, worker.id)
    assert changed() == ["jobs.worker"] * 2


def test_only_live_workers_are_drained(olga):
    silent = make_worker(heartbeat_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(Worker.DoesNotExist):
        services.drain_worker(olga, silent.id, reason="x")
