"""What may keep a waiting job from beginning: holds, and limits of how many run at a time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from jobs.database import PreparedRead
from jobs.lifecycle.attempts import holds_of
from jobs.limits import Limit
from jobs.models import HoldKind, Status

CLIENT_KINDS = f"'{HoldKind.REQUESTER}', '{HoldKind.TOKEN}'"
HOLD_PREFIX, LIMIT_PREFIX = "hold:", "limit:"


@dataclass(frozen=True)
class Room:
    """The jobs of a queue that share a limit: those of a type, or with one value of a parameter.

    `key` is the same for all of them.
    """

    key: str
    queue: str
    type: str
    limit: Limit


class Obstacle(NamedTuple):
    """What may keep a waiting job from beginning: the last hold to end, and the limit if any.

    `clients_are_held` if there are holds that do not concern all jobs of a type or queue.
    """

    type: str
    room: Room | None
    hold_id: int | None
    clients_are_held: bool


def key_of_limit(job: str, by: str) -> str:
    """Return SQL for the key of the limit that a row `job` is under; `by` is SQL for a name.

    Equal values of JSON have equal keys.
    """
    value = f"coalesce({job}.params -> {by}, 'null')"
    return f"""'{LIMIT_PREFIX}' || {job}.type || CASE WHEN {by} = '' THEN ''
        ELSE ':' || to_hex(jsonb_hash_extended({value}, 0)) END"""


# What a refused job needs. The site's limit comes before that of the code. Of several holds the
# last to end counts.
LOOK = PreparedRead(
    "jobs_obstacle",
    f"""
SELECT job.type, job.queue, under.at_most, under.by, {key_of_limit("job", "under.by")},
    (SELECT id FROM ({holds_of("job")}) AS hold ORDER BY until DESC NULLS FIRST LIMIT 1),
    EXISTS (SELECT FROM jobs_hold WHERE ended_at IS NULL AND kind IN ({CLIENT_KINDS}))
FROM jobs_job AS job LEFT JOIN jobs_sitelimit AS site ON site.type = job.type, LATERAL (
    SELECT CASE WHEN site.type IS NULL THEN (%(limits)s::jsonb -> job.type ->> 0)::integer
            ELSE site.at_most END,
        CASE WHEN site.type IS NULL THEN coalesce(%(limits)s::jsonb -> job.type ->> 1, '')
            ELSE site.by END
) AS under(at_most, by)
WHERE job.id = %(id)s AND job.status = '{Status.PENDING}'""",
    {"id": "uuid", "limits": "jsonb"},
)


def obstacle(
    job_id: UUID, limits: Mapping[str, Limit], *, using: str = DEFAULT_DB_ALIAS
) -> Obstacle | None:
    """Return what may keep a job from beginning; None if it does not wait. One query.

    `limits` are those that the types declare.
    """
    for row in LOOK.rows({"id": job_id, "limits": json.dumps(limits)}, using=using):
        job_type, queue, at_most, by, key, hold_id, clients_are_held = row
        room = None if at_most is None else Room(key, queue, job_type, Limit(at_most, by))
        return Obstacle(job_type, room, hold_id, clients_are_held)
    return None


FILLED = f"""SELECT (
        SELECT count(*) FROM jobs_job AS other
        WHERE other.status = '{Status.PROCESSING}' AND other.type = %(type)s
            AND {key_of_limit("other", "%(by)s")} = %(key)s
    ), (
        SELECT count(*) FROM (
            SELECT FROM jobs_job
            WHERE status = '{Status.PENDING}' AND parked_by <> ''
                AND queue = %(queue)s AND parked_by = %(key)s AND id < %(id)s
            LIMIT %(limit)s
        ) AS earlier
    )"""


def filled(
    room: Room, job_id: UUID, limit: int, *, using: str = DEFAULT_DB_ALIAS
) -> tuple[int, int]:
    """Return how many jobs run in `room`, and how many wait for it before the job, to `limit`."""
    values = {"type": room.type, "key": room.key, "queue": room.queue, "by": room.limit.by}
    with connections[using].cursor() as cursor:
        cursor.execute(FILLED, {**values, "id": job_id, "limit": limit})
        running, before = cursor.fetchone()
        return running, before
