"""Workers that take nothing new: for a deploy, or to look at a host."""

from django.contrib.admin.models import CHANGE
from django.db.models import QuerySet
from django.db.models.functions import Now

from jobs.errors import InvalidTransition
from jobs.models import Worker
from jobs.safe_text import storable
from jobs.services.caller import Caller
from jobs.services.holding.changes import audit_change, kept_reason, require_right

WORKER_ID_LIMIT = 200


def running_workers() -> QuerySet[Worker]:
    """Return the live workers, by host and process."""
    live: QuerySet[Worker] = Worker.objects.live()
    return live.order_by("host", "pid")


def drain_worker(caller: Caller, worker_id: str, *, reason: str) -> Worker:
    """Let a worker end what it runs and take nothing new, from its next heartbeat on.

    Raises: Worker.DoesNotExist, NotPermitted, InvalidHold; InvalidTransition if it was drained
    before.
    """
    require_right(caller)
    why = kept_reason(reason)
    worker = _named_worker(worker_id)
    new = {"drained_at": Now(), "drained_by": caller.name, "drain_reason": why}
    if not Worker.objects.filter(id=worker.id, drained_at=None).update(**new):
        raise InvalidTransition("The worker is drained already.")
    worker.refresh_from_db()
    audit_change(caller, worker, f"Drained: {why}", CHANGE)
    return worker


def resume_worker(caller: Caller, worker_id: str) -> Worker:
    """Let a drained worker take jobs again, from its next heartbeat on.

    Raises: Worker.DoesNotExist, NotPermitted; InvalidTransition if it is not drained.
    """
    require_right(caller)
    worker = _named_worker(worker_id)
    new = {"drained_at": None, "drained_by": "", "drain_reason": ""}
    if not Worker.objects.filter(id=worker.id, drained_at__isnull=False).update(**new):
        raise InvalidTransition("The worker is not drained.")
    worker.refresh_from_db()
    audit_change(caller, worker, "Resumed.", CHANGE)
    return worker


def _named_worker(worker_id: str) -> Worker:
    """Return the live worker. Raises: Worker.DoesNotExist, also for text that is no id."""
    return running_workers().get(id=storable(worker_id, WORKER_ID_LIMIT))
