"""Holds: jobs are accepted and wait until a time, or until the hold is released."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE
from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Now

from jobs import access, database
from jobs.errors import AlreadyHeld, InvalidHold, InvalidTransition, NotPermitted
from jobs.models import ApiToken, Hold, HoldKind, HoldQuerySet
from jobs.services.caller import Caller
from jobs.services.holding.changes import audit_change, kept_reason, require_right
from jobs.services.holding.targets import find_target

OF_REQUESTERS = (HoldKind.REQUESTER, HoldKind.TOKEN)
# Pages convert the end to the zone of their reader, which fails at the end of the year 9999.
LAST_YEAR = 2099


def visible_holds(user: Any) -> HoldQuerySet:
    """The holds that `user` may see: all with jobs.view_job or jobs.hold_job.

    Other users see those of types and queues, and those of themselves and their tokens.
    """
    if access.sees_all_jobs(user) or access.may_hold(user):
        return Hold.objects.all()
    own = Q(kind=HoldKind.REQUESTER, value=str(user.pk))
    tokens = ApiToken.objects.filter(user=user).order_by()
    ids = tokens.annotate(text=Cast("public_id", TextField())).values("text")
    own |= Q(kind=HoldKind.TOKEN, value__in=ids)
    return Hold.objects.filter(Q(kind__in=(HoldKind.TYPE, HoldKind.QUEUE)) | own)


def hold(
    caller: Caller,
    kind: HoldKind,
    text: str,
    *,
    reason: str,
    until: datetime | None = None,
    idempotency_key: str | None = None,
) -> Hold:
    """Keep the jobs of a target from starting until a time; None: until the hold is released.

    `text` is the slug or label of a type, the name of a queue or a requester, the name or id of an
    API token. Jobs that run go on. A known key returns the hold of the first request.

    Raises: NotPermitted; InvalidHold; AlreadyHeld if the target has a hold.
    """
    require_right(caller)
    if kind in OF_REQUESTERS and not access.sees_all_jobs(caller.user):
        raise NotPermitted("To hold a requester or a token needs the permission jobs.view_job.")
    why = kept_reason(reason)
    _check_time(until)
    target = find_target(kind, text)
    if found := _placed_before(idempotency_key):
        return found
    active = Hold.objects.filter(kind=target.kind, value=target.value, ended_at=None)
    made = Hold(kind=target.kind, value=target.value, name=target.name, reason=why, until=until)
    made.held_by, made.idempotency_key = caller.name, idempotency_key
    try:
        with transaction.atomic():
            active.filter(until__lte=Now()).update(ended_at=F("until"))
            made.save(force_insert=True)
    except IntegrityError as error:
        if found := _placed_before(idempotency_key):
            return found
        raise AlreadyHeld(active.values_list("id", flat=True).first()) from error
    made.refresh_from_db()
    audit_change(caller, made, f"Held {_until(made)}: {why}", ADDITION)
    return made


def _placed_before(idempotency_key: str | None) -> Hold | None:
    known = Hold.objects.filter(idempotency_key=idempotency_key)
    return known.first() if idempotency_key else None


def change_hold(
    caller: Caller, hold_id: int, *, reason: str | None = None, until: datetime | None = None
) -> Hold:
    """Change the end of an active hold, None for until it is released, and perhaps its reason.

    Raises: Hold.DoesNotExist, NotPermitted, InvalidHold; InvalidTransition if it has ended.
    """
    require_right(caller)
    found = visible_holds(caller.user).get(id=hold_id)
    _check_time(until)
    why = found.reason if reason is None else kept_reason(reason)
    if not Hold.objects.active().filter(id=hold_id).update(until=until, reason=why):
        raise InvalidTransition("The hold has ended.")
    found.refresh_from_db()
    audit_change(caller, found, f"Held {_until(found)}: {why}", CHANGE)
    return found


def release_hold(caller: Caller, hold_id: int) -> Hold:
    """End a hold now: its jobs start within seconds.

    Raises: Hold.DoesNotExist, NotPermitted; InvalidTransition if it has ended.
    """
    require_right(caller)
    found = visible_holds(caller.user).get(id=hold_id)
    ended = {"ended_at": Now(), "released_by": caller.name}
    if not Hold.objects.active().filter(id=hold_id).update(**ended):
        raise InvalidTransition("The hold has ended.")
    found.refresh_from_db()
    audit_change(caller, found, "Released.", CHANGE)
    return found


def _check_time(until: datetime | None) -> None:
    if until is None:
        return
    if until.year > LAST_YEAR:
        raise InvalidHold(f"Must be in the year {LAST_YEAR} or earlier.", "until")
    if until <= database.now(DEFAULT_DB_ALIAS):
        raise InvalidHold("The time must be in the future.", "until")


def _until(found: Hold) -> str:
    if found.until is None:
        return "until it is released"
    return f"until {found.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
