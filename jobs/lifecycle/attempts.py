"""An attempt: claimed by a worker, its lease renewed, then settled or released."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from jobs.lifecycle.statement import UNLOCKED, finish, move
from jobs.lifecycle.transitions import Outcome
from jobs.models import HoldKind, Job, Status
from jobs.safe_text import fitted

# The columns that a worker needs to run a job, in the order of the model: reading all 43 took 64 %
# of the Python time of a job that does nothing.
TO_RUN = (
    *("id", "name", "type", "params", "queue", "status", "created_by_id", "request_id"),
    *("traceparent", "attempt", "worker", "pid"),
)


def holds_of(job: str) -> str:
    """Return a query of the active holds that apply to a row `job`.

    A hold of an account that is deleted goes on for its jobs, by the name.
    """
    return f"""SELECT hold.* FROM jobs_hold AS hold
        WHERE hold.ended_at IS NULL AND (hold.until IS NULL OR hold.until > clock_timestamp())
            AND (hold.value = CASE hold.kind
                    WHEN '{HoldKind.TYPE}' THEN {job}.type
                    WHEN '{HoldKind.QUEUE}' THEN {job}.queue
                    WHEN '{HoldKind.TOKEN}' THEN {job}.token_id::text
                    ELSE {job}.created_by_id::text END
                OR hold.kind = '{HoldKind.REQUESTER}' AND {job}.created_by_id IS NULL
                    AND hold.name = {job}.created_by_name)"""


# A job that is on hold, or whose type has a limit of the site, is left to `admission.admit`.
IS_UNLIMITED = f"""type = ANY(%(types)s)
    AND NOT EXISTS (SELECT FROM jobs_sitelimit AS site WHERE site.type = jobs_job.type)
    AND NOT EXISTS ({holds_of("jobs_job")})"""


def claim(
    job_id: UUID, *, types: Sequence[str], worker: str, pid: int, using: str = DEFAULT_DB_ALIAS
) -> Job | None:
    """Begin a new attempt of a PENDING job in this worker process; None if it does not wait.

    None, too, if its type is not one of `types`, or if it is on hold or under a limit of the site.
    """
    owner: dict[str, Any] = {"worker": worker, "pid": pid, "using": using}
    return begin(job_id, where=IS_UNLIMITED, values={"types": list(types)}, **owner)


def begin(
    job_id: UUID,
    *,
    where: str,
    values: Mapping[str, Any],
    worker: str,
    pid: int,
    using: str,
    lock: str = "",
) -> Job | None:
    """Begin a new attempt of a PENDING job if `where` holds; None if not, or if it does not wait.

    With `lock` the statement first waits for other ones with the same lock.
    """
    return move(
        job_id,
        Status.PENDING,
        Status.PROCESSING,
        where=where,
        set="""attempt = attempt + 1, worker = %(worker)s, pid = %(pid)s,
            started_at = clock_timestamp(), parked_by = '',
            lease_until = clock_timestamp() + %(lease)s * interval '1 second'""",
        values={
            **values,
            "pid": pid,
            "lease": settings.JOBS_LEASE_SECONDS,
            **fitted(Job, worker=worker),
        },
        actor=f"worker {worker}",
        using=using,
        columns=TO_RUN,
        lock=lock,
    )


# Others than the worker end an attempt only under the lease that they saw: if it was renewed, the
# attempt is alive. They do not wait for a locked row: its worker cannot renew the lease, and other
# attempts need them.
SEEN_LEASE = f"AND lease_until = %(lease_until)s AND {UNLOCKED}"


def settle(
    job_id: UUID,
    outcome: Outcome,
    *,
    attempt: int,
    actor: str,
    lease_until: datetime | None = None,
    only_if_cancel_requested: bool = False,
    using: str = DEFAULT_DB_ALIAS,
) -> Job | None:
    """Store the outcome of an attempt; None if the attempt no longer holds the job.

    Also None with `lease_until`, if the lease was renewed or the row is locked; and with
    `only_if_cancel_requested`, if no cancel was requested.
    """
    requested = "AND cancel_requested_at IS NOT NULL" if only_if_cancel_requested else ""
    fence = SEEN_LEASE if lease_until else ""
    return finish(
        job_id,
        Status.PROCESSING,
        outcome,
        where=f"attempt = %(attempt)s {requested} {fence}",
        values={"attempt": attempt, "lease_until": lease_until},
        actor=actor,
        using=using,
    )


def release(
    job_id: UUID,
    *,
    attempt: int,
    actor: str,
    reason: str,
    lease_until: datetime | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Job | None:
    """Move a job whose attempt was lost back to PENDING; the caller then publishes it.

    None as with `settle`, and if a cancel was requested: the job must not begin again.
    """
    fence = SEEN_LEASE if lease_until else ""
    return move(
        job_id,
        Status.PROCESSING,
        Status.PENDING,
        where=f"attempt = %(attempt)s AND cancel_requested_at IS NULL {fence}",
        set="""lease_until = NULL, pid = NULL, worker = '', started_at = NULL,
            progress_percent = NULL, progress_message = '', progress_done = NULL,
            progress_total = NULL, progress_unit = '', publishes = publishes + 1,
            published_at = clock_timestamp()""",
        values={"attempt": attempt, "lease_until": lease_until},
        actor=actor,
        reason=reason,
        using=using,
    )


def held(job_id: UUID, *, worker: str, pid: int, using: str = DEFAULT_DB_ALIAS) -> Job | None:
    """Return the job if this process holds it: for a claim whose answer was lost."""
    mine = Job.objects.using(using).filter(pid=pid, **fitted(Job, worker=worker))
    return mine.filter(id=job_id, status=Status.PROCESSING).first()


def attempts_with_cancel_requested(
    holders: Mapping[UUID, int], *, worker: str, using: str = DEFAULT_DB_ALIAS
) -> list[tuple[UUID, int]]:
    """Return the attempts of a worker (job and number) whose cancel was requested.

    `holders` maps job ids to the pids that run them.
    """
    requested = Job.objects.using(using).filter(
        id__in=list(holders), status=Status.PROCESSING, cancel_requested_at__isnull=False
    )
    rows = requested.filter(**fitted(Job, worker=worker)).values_list("id", "attempt", "pid")
    return [(job_id, attempt) for job_id, attempt, pid in rows if holders[job_id] == pid]


def renew_leases(
    holders: Mapping[UUID, int], *, worker: str, using: str = DEFAULT_DB_ALIAS
) -> set[UUID]:
    """Renew the leases of a worker's attempts; returns the jobs whose leases it renewed.

    `holders` maps job ids to the pids that run them. A row that another session has locked is
    skipped, so that it does not delay the others.
    """
    sql = f"""UPDATE jobs_job SET lease_until = clock_timestamp() + %s * interval '1 second'
        WHERE id IN (
            SELECT job.id FROM jobs_job job
            JOIN unnest(%s::uuid[], %s::int[]) AS holder(id, pid) USING (id, pid)
            WHERE job.worker = %s AND job.status = '{Status.PROCESSING}'
            ORDER BY job.id FOR NO KEY UPDATE OF job SKIP LOCKED)
        RETURNING id"""
    ids, pids, name = list(holders), list(holders.values()), fitted(Job, worker=worker)["worker"]
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [settings.JOBS_LEASE_SECONDS, ids, pids, name])
        return {job_id for (job_id,) in cursor.fetchall()}
