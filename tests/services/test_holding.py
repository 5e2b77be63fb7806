"""Holds, limits and drained workers, as all doors use them: checked, recorded, and reversible."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from jobs import services
from jobs.errors import (
    AlreadyHeld,
    InvalidHold,
    InvalidTransition,
    NotPermitted,
)
from jobs.models import ApiToken, AuditEntry, Hold, HoldKind
from jobs.services import code_caller
from tests.support import people
from tests.support.factories import make_hold, make_job, make_user, make_worker

pytestmark = pytest.mark.django_db

TYPE = HoldKind.TYPE


@pytest.fixture
def olga():
    return people.caller_for(people.operator())


def hold(caller, kind=TYPE, text="report", **more):
    return services.hold(caller, kind, text, **{"reason": "disk is full"} | more)


def entries():
    return list(AuditEntry.objects.order_by("id").values_list("actor", "object_type", "message"))


def test_a_hold_says_who_why_and_until_when_and_is_in_the_audit_trail(olga):
    until = timezone.now() + timedelta(hours=1)
    placed = hold(olga, until=until, reason="  disk\nis full ")
    assert (placed.value, placed.name) == ("report", "Generate report")
    assert (placed.held_by, placed.reason, placed.until) == ("olga", "disk is full", until)
    [(actor, what, message)] = entries()
    assert (actor, what) == ("olga", "jobs.hold")
    assert "disk is full" in message


@pytest.mark.parametrize("text", ["report", "Generate report", "generate REPORT"])
def test_a_type_is_found_by_its_slug_and_its_label(olga, text):
    assert hold(olga, text=text).value == "report"


def test_a_type_that_is_gone_can_be_held_if_there_are_jobs_of_it(olga):
    make_job(type="gone")
    placed = hold(olga, text="gone")
    assert services.release_hold(olga, placed.id).released_by == "olga"


def test_queues_requesters_and_tokens_can_be_held(olga):
    user = make_user(username="erp")
    token, _ = ApiToken.objects.create(user, name="import")
    make_job(queue="slow")
    make_job(created_by_name="root")
    found = [
        hold(olga, kind, text)
        for kind, text in [
            (HoldKind.QUEUE, "slow"),
            (HoldKind.REQUESTER, "erp"),
            (HoldKind.REQUESTER, "root"),
            (HoldKind.TOKEN, "import"),
        ]
    ]
    values = ["slow", str(user.pk), "name:root", str(token.public_id)]
    assert [one.value for one in found] == values


@pytest.mark.parametrize("kind", HoldKind)
@pytest.mark.parametrize("text", ["", "nothing", "\0", "\ud800", "x" * 300, "' OR 1=1"])
def test_what_does_not_exist_is_refused(olga, kind, text):
    with pytest.raises(InvalidHold) as refused:
        hold(olga, kind, text)
    assert refused.value.field == kind


def test_several_tokens_of_one_name_are_told_apart_by_their_id(olga):
    tokens = [ApiToken.objects.create(make_user(), name="import")[0] for _ in range(2)]
    with pytest.raises(InvalidHold):
        hold(olga, HoldKind.TOKEN, "import")
    assert hold(olga, HoldKind.TOKEN, str(tokens[1].public_id)).name == "import"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": " \n"}, "reason"),
        ({"reason": "\u200b\u2800\u202e"}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"until": timezone.now() - timedelta(seconds=1)}, "until"),
        ({"until": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "until"),
    ],
)
def test_a_hold_needs_a_reason_and_a_time_to_come_that_can_be_shown(olga, more, field):
    with pytest.raises(InvalidHold) as refused:
        hold(olga, **more)
    assert refused.value.field == field
    assert not Hold.objects.exists()


def test_a_target_is_held_once_and_again_when_its_time_is_over(olga):
    first = hold(olga, until=timezone.now() + timedelta(hours=1))
    with pytest.raises(AlreadyHeld):
        hold(olga)
    Hold.objects.update(until=timezone.now() - timedelta(seconds=1))
    second = hold(olga)
    assert set(Hold.objects.active()) == {second}
    first.refresh_from_db()
    assert first.ended_at == first.until


def test_a_hold_can_be_changed_until_it_ends(olga):
    placed = hold(olga)
    until = timezone.now() + timedelta(hours=1)
    assert services.change_hold(olga, placed.id, until=until).until == until
    services.release_hold(olga, placed.id)
    with pytest.raises(InvalidTransition):
        services.change_hold(olga, placed.id, until=None)
    with pytest.raises(InvalidTransition):
        services.release_hold(olga, placed.id)


def test_only_users_with_the_right_hold_limit_and_drain():
    worker = make_worker()
    placed = make_hold()
    vera = people.caller_for(people.viewer())
    for act in (
        lambda: hold(vera, text="prune"),
        lambda: services.change_hold(vera, placed.id, until=None),
        lambda: services.release_hold(vera, placed.id),
        lambda: services.set_site_limit(vera, "report", 1, reason="x"),
        lambda: services.remove_site_limit(vera, "report"),
        lambda: services.drain_worker(vera, worker.id, reason="x"),
        lambda: services.resume_worker(vera, worker.id),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert not AuditEntry.objects.exists()


def test_clients_are_held_only_by_users_who_see_all_jobs():
    make_user(username="ann")
    caller = people.caller_for(make_user("jobs.hold_job"))
    with pytest.raises(NotPermitted):
        hold(caller, HoldKind.REQUESTER, "ann")
    assert hold(caller)


def test_users_see_the_holds_that_concern_their_jobs():
    user, other = make_user(), make_user()
    own, foreign = (ApiToken.objects.create(one, name="t")[0] for one in (user, other))
    shown = [
        make_hold(),
        make_hold(kind=HoldKind.QUEUE, value="slow"),
        make_hold(kind=HoldKind.REQUESTER, value=str(user.pk)),
        make_hold(kind=HoldKind.TOKEN, value=str(own.public_id)),
    ]
    make_hold(kind=HoldKind.REQUESTER, value=str(other.pk))
    make_hold(kind=HoldKind.TOKEN, value=str(foreign.public_id))
    assert set(services.visible_holds(user)) == set(shown)
    assert services.visible_holds(people.viewer()).count() == 6


def test_a_caller_without_an_account_leaves_its_name():
    assert hold(code_caller(name="nightly")).held_by == "nightly"
    assert get_user_model().objects.count() == 0
