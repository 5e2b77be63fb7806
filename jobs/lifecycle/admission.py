"""Which waiting jobs may begin now: holds, and limits of how many jobs run at a time.

A claim takes only jobs that are neither on hold nor of a limited type. `admit` decides about the
others: it begins a job if there is room, and parks it if not. A parked job has no message that
could be lost: it is published again once its hold has ended, or when there is room.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from jobs.lifecycle.attempts import begin, holds_of
from jobs.lifecycle.obstacles import HOLD_PREFIX, Room, key_of_limit, obstacle
from jobs.lifecycle.statement import UNLOCKED
from jobs.limits import Limit
from jobs.models import Job, Status


class Admission(NamedTuple):
    """The job if it began, and the room that it took or waits for if its type has a limit."""

    job: Job | None
    room: Room | None


# The count is right although other workers claim at the same moment, because claims under one limit
# wait for each other. A job does not overtake those that wait for the same room.
HAS_ROOM = f"""type = ANY(%(types)s) AND {UNLOCKED} AND NOT EXISTS ({holds_of("jobs_job")})
    AND %(at_most)s > (
        SELECT count(*) FROM jobs_job AS other
        WHERE other.status = '{Status.PROCESSING}' AND other.type = jobs_job.type AND (
            %(by)s = ''
            OR coalesce(other.params -> %(by)s, 'null')
                = coalesce(jobs_job.params -> %(by)s, 'null')))
    AND NOT EXISTS (
        SELECT FROM jobs_job AS earlier
        WHERE earlier.status = '{Status.PENDING}' AND earlier.parked_by <> ''
            AND earlier.queue = jobs_job.queue AND earlier.parked_by = %(lock)s
            AND earlier.id < jobs_job.id)"""

IS_FREE = f"type = ANY(%(types)s) AND NOT EXISTS ({holds_of('jobs_job')})"


def admit(
    job_id: UUID,
    *,
    types: Sequence[str],
    limits: Mapping[str, Limit],
    worker: str,
    pid: int,
    using: str = DEFAULT_DB_ALIAS,
) -> Admission:
    """Begin a PENDING job that `claim` refused, or park it if it is on hold or has no room.

    `limits` are those that the types declare. A job of a type that is not one of `types` is left
    alone, unless it is on hold.
    """
    found = obstacle(job_id, limits, using=using)
    if found is None:
        return Admission(None, None)
    room = found.room
    if found.hold_id is not None:
        park(job_id, f"{HOLD_PREFIX}{found.hold_id}", using=using)
        return Admission(None, room)
    if found.type not in types:
        return Admission(None, None)
    owner: dict[str, Any] = {"worker": worker, "pid": pid, "using": using}
    values: dict[str, Any] = {"types": list(types)}
    if room is None:
        return Admission(begin(job_id, where=IS_FREE, values=values, **owner), None)
    values |= room.limit._asdict()
    job = begin(job_id, where=HAS_ROOM, values=values, lock=room.key, **owner)
    if job is None:
        park(job_id, room.key, using=using)
    return Admission(job, room)


def park(job_id: UUID, reason: str, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Take a waiting job out of the line; upkeep lets it in again. A locked row is left alone."""
    sql = f"""UPDATE jobs_job SET parked_by = %s WHERE id IN (
        SELECT id FROM jobs_job WHERE id = %s AND status = '{Status.PENDING}' AND parked_by <> %s
        FOR NO KEY UPDATE SKIP LOCKED)"""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [reason, job_id, reason])


UNPARK = f"""WITH again AS (
    UPDATE jobs_job SET parked_by = '', publishes = greatest(publishes, 2),
        published_at = clock_timestamp()
    WHERE id IN (
        SELECT id FROM jobs_job
        WHERE status = '{Status.PENDING}' AND parked_by <> ''
            AND queue = %s AND parked_by = %s
        ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING *
)
SELECT * FROM again ORDER BY id"""


def unpark(queue: str, key: str, count: int, *, using: str = DEFAULT_DB_ALIAS) -> list[Job]:
    """Put the first `count` parked jobs back in line; returns them by id, to be published.

    `key` is what they are parked by. Their publishes do not count towards giving up.
    """
    return list(Job.objects.using(using).raw(UNPARK, [queue, key, count]))


def first_parked(queue: str, key: str, count: int, *, using: str = DEFAULT_DB_ALIAS) -> list[Job]:
    """Return the first `count` jobs that wait for room under a limit, to be published.

    They stay parked until they begin, so that no other job begins before them.
    """
    waiting = Job.objects.using(using).filter(status=Status.PENDING).exclude(parked_by="")
    of_key = waiting.filter(queue=queue, parked_by=key)
    return list(of_key.only("id", "queue").order_by("id")[:count])


NEXT_IN_ROOM = f"""SELECT id, queue FROM (
        SELECT id, queue FROM jobs_job
        WHERE status = '{Status.PENDING}' AND parked_by <> ''
            AND queue = %(queue)s AND parked_by = %(key)s
        ORDER BY id LIMIT 1
    ) AS first
    WHERE id <> %(refused)s AND %(at_most)s > (
        SELECT count(*) FROM jobs_job AS other
        WHERE other.status = '{Status.PROCESSING}' AND other.type = %(type)s
            AND {key_of_limit("other", "%(by)s")} = %(key)s)"""


def next_in_room(room: Room, refused: UUID, *, using: str = DEFAULT_DB_ALIAS) -> list[Job]:
    """Return the first job that waits for `room` if there is room and it is not `refused`."""
    values = {"queue": room.queue, "key": room.key, "type": room.type, "refused": refused}
    values |= room.limit._asdict()
    return list(Job.objects.using(using).raw(NEXT_IN_ROOM, values))
