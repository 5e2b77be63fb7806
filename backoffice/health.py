"""/livez and /readyz, for probes without a login, and /healthz, for staff."""

import logging
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse, JsonResponse

from backoffice import __version__
from jobs import registry, storage
from jobs.database import explain, schema_fault
from jobs.engine import broker
from jobs.engine.broker_fault import tls_fault
from jobs.errors import BrokerUnavailable, StorageUnavailable
from jobs.models import FileStorage, JobFile, UpkeepState, Worker

logger = logging.getLogger(__name__)


def livez(request: HttpRequest) -> HttpResponse:
    """Return 200; restart a process that does not answer this."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if PostgreSQL takes writes and has this version's tables, else 503.

    A load balancer should send requests elsewhere on 503. Redis is not checked: without it only
    submitting fails, and everything can still be read.
    """
    reason = check_readiness()
    readiness.note(reason)
    return JsonResponse(
        {"status": "unavailable" if reason else "ok"}, status=503 if reason else 200
    )


def check_readiness() -> str:
    """Check PostgreSQL, and its tables until they are migrated once; return a sentence for the log.

    "" if this process is ready.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            is_read_only = cursor.fetchone()[0] == "on"
        if is_read_only:
            return "PostgreSQL takes no writes."
        fault = "" if readiness.is_migrated else schema_fault(DEFAULT_DB_ALIAS)
    except Error as error:
        return explain(error)
    readiness.is_migrated = not fault
    return fault


class Readiness:
    """The result of this process's last probe. A database migrated once stays migrated."""

    is_migrated = False
    reason = ""

    def note(self, reason: str) -> None:
        """Log the reason when it changes."""
        if reason != self.reason:
            self.reason = reason
            logger.warning(
                "This process is %s", f"not ready. {reason}" if reason else "ready again."
            )


readiness = Readiness()


def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 if all checks pass, else 503 with the problems; for staff or the probe token."""
    if not (request.user.is_staff or has_probe_token(request)):
        raise PermissionDenied
    found = {name: check() for name, check in CHECKS.items()}
    healthy = all(problem is None for problem in found.values())
    body = {
        "status": "ok" if healthy else "unavailable",
        "version": __version__,
        "checks": {name: problem or "ok" for name, problem in found.items()},
    }
    response = JsonResponse(body, status=200 if healthy else 503)
    response["Cache-Control"] = "no-store"
    return response


def has_probe_token(request: HttpRequest) -> bool:
    """Return whether the request has PROBE_TOKEN as its bearer token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(settings.PROBE_TOKEN) and secrets.compare_digest(
        given.encode(), settings.PROBE_TOKEN.encode()
    )


def check_database() -> str | None:
    """Return a sentence if PostgreSQL takes no writes or lacks tables of this version."""
    return check_readiness() or None


def check_broker() -> str | None:
    """Return a sentence if Redis does not answer."""
    try:
        broker.queue_depth("default")
    except BrokerUnavailable as error:
        fault = tls_fault(error.diagnosis) or "Redis does not answer."
        return f"{fault} Nothing can be submitted; running jobs go on."
    return None


def check_workers() -> str | None:
    """Return a sentence if no worker is alive, or none that is serves a queue of a job type."""
    live = Worker.objects.live().filter(consuming=True)
    queues_of_workers = list(live.values_list("queues", flat=True))
    if not queues_of_workers:
        return "No worker has sent a heartbeat within a lease: jobs wait."
    served = {queue for queues in queues_of_workers for queue in queues}
    unserved = set(registry.queues()) - served
    return f"No live worker serves {', '.join(sorted(unserved))}." if unserved else None


def check_upkeep() -> str | None:
    """Return a sentence if upkeep has sent no heartbeat within a lease."""
    if UpkeepState.objects.live().exists():
        return None
    return (
        "Upkeep has sent no heartbeat within a lease: "
        "lost jobs are not rescued, and lost messages not published again."
    )


def check_files() -> str | None:
    """Return a sentence if the files' storage is another database's, not writable or incomplete."""
    try:
        if refusal := storage.problem(DEFAULT_DB_ALIAS) or _last_refusal():
            return refusal
        storage.probe()
        newest = JobFile.objects.order_by("-id").first()
        if newest is not None and not storage.exists(newest.stored_name):
            return "The newest file of a job is missing: web and workers may not share one storage."
    except StorageUnavailable as error:
        return error.diagnosis
    return None


def _last_refusal() -> str | None:
    """Return why upkeep's last look at the storage removed no files, if it refused."""
    return FileStorage.objects.exclude(refusal="").values_list("refusal", flat=True).first()


CHECKS: dict[str, Callable[[], str | None]] = {
    "database": check_database,
    "broker": check_broker,
    "workers": check_workers,
    "upkeep": check_upkeep,
    "files": check_files,
}

PROBES = {"/livez": livez, "/readyz": readyz}
