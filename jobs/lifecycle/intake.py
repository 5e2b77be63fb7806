"""How jobs begin and end as rows: insert, withdraw, publish again, remove."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import NOT_PROVIDED, Q
from django.db.models.functions import Now

from jobs.database import PreparedStatement
from jobs.lifecycle.statement import event
from jobs.lifecycle.transitions import CHILD_KEY, FORM_KEY, KEY_REMEMBERED
from jobs.lifecycle.uploads import LOCK_UPLOADS_OF, remove_uploads
from jobs.models import ACTIVE, Job, JobEvent, JobQuerySet, Status
from jobs.safe_text import fitted

# The columns that a submission sets; the others begin with their defaults in the database.
SUBMITTED = (
    "id",
    "name",
    "type",
    "params",
    "queue",
    "created_by_id",
    "created_by_name",
    "source",
    "token_id",
    "token_name",
    "request_id",
    "traceparent",
    "idempotency_key",
    "request_hash",
    "batch_id",
    "rerun_of_id",
    "parent_id",
    "about_type",
    "about_key",
    "about_name",
    "unique_while_active",
)

# What PostgreSQL adds: times, and params in its own spelling.
ADDED = ("params", "created_at", "published_at")

# How the other columns of a job begin; it need not return them.
BEGINNING = {
    field.attname: None if field.db_default is NOT_PROVIDED else field.db_default
    for field in Job._meta.concrete_fields
    if field.attname not in (*SUBMITTED, *ADDED)
} | {"status": Status.PENDING.value}

SUBMIT = PreparedStatement(
    "jobs_submit",
    f"""
    WITH changed AS (
        INSERT INTO jobs_job ({", ".join(SUBMITTED)})
        SELECT {", ".join(SUBMITTED)}
        FROM jsonb_populate_recordset(NULL::jobs_job, %(rows)s::jsonb)
        RETURNING id, status, attempt, {", ".join(ADDED)}
    ), {event("''", at="created_at", reason="''")}
    SELECT id::text, {", ".join(ADDED)} FROM changed ORDER BY changed.id""",
    {"rows": "jsonb", "actor": "text"},
)


def insert(rows: Sequence[Job], *, actor: str, using: str = DEFAULT_DB_ALIAS) -> list[Job]:
    """Insert jobs as PENDING with their events, in one statement; returns them as stored, by id.

    Raises: IntegrityError naming jobs_job_one_per_idempotency_key or
    jobs_job_one_active_of_its_kind.
    """
    sent = {
        str(row.id): {column: getattr(row, column) for column in SUBMITTED} | _cut(row)
        for row in rows
    }
    params = {"rows": json.dumps([*sent.values()], default=str), **fitted(JobEvent, actor=actor)}
    stored = []
    for job_id, *added in SUBMIT.rows(params, using=using):
        columns = BEGINNING | sent[job_id] | dict(zip(ADDED, added, strict=True))
        columns["params"] = json.loads(columns["params"])
        stored.append(Job.from_db(using, columns.keys(), columns.values()))
    return stored


def _cut(row: Job) -> dict[str, str]:
    """Return the texts that may be cut: they are only shown, while the others identify the job."""
    return fitted(
        Job,
        name=row.name,
        created_by_name=row.created_by_name,
        token_name=row.token_name,
        request_id=row.request_id,
        about_name=row.about_name,
    )


def withdraw(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> bool:
    """Delete jobs whose first publish failed, with their events: all of them, or none.

    Returns False, and deletes none, if one was claimed or published again since: another request
    was answered 201 for it, so it stays with its batch.
    """
    sql = f"""
    WITH mine AS (
        SELECT id, status = '{Status.PENDING}' AND publishes = 1 AS untouched
        FROM jobs_job WHERE id = ANY(%s) ORDER BY id FOR UPDATE
    ), gone AS (
        DELETE FROM jobs_job WHERE id = ANY(%s)
            AND (SELECT count(*) = %s AND bool_and(untouched) FROM mine) RETURNING id
    ), events AS (
        DELETE FROM jobs_jobevent WHERE job_id IN (SELECT id FROM gone)
    ), uploads AS (
        DELETE FROM jobs_jobupload WHERE job_id IN (SELECT id FROM gone) RETURNING upload_id
    ), unused AS (
        UPDATE jobs_upload SET unused_since = clock_timestamp()
        WHERE id IN (SELECT upload_id FROM uploads) AND NOT EXISTS (
            SELECT FROM jobs_jobupload
            WHERE upload_id = jobs_upload.id AND job_id NOT IN (SELECT id FROM gone))
    )
    SELECT count(*) FROM gone"""
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [list(ids), list(ids), len(ids)])
        return bool(cursor.fetchone()[0])


def republish(
    ids: Collection[UUID],
    *,
    counts: bool = True,
    skip_locked: bool = False,
    using: str = DEFAULT_DB_ALIAS,
) -> list[Job]:
    """Record that jobs are about to be published again; returns those that still wait, by id.

    Call it before the publish: from then on no `withdraw` deletes them. With `counts=False`
    `publishes` does not rise beyond 2, so the job comes no closer to `give_up`: use it where an
    unclaimed message may not be a lost one. With `skip_locked`, jobs that another session has
    locked are left out.
    """
    counted = "publishes + 1" if counts else "greatest(publishes, 2)"
    sql = f"""
    WITH again AS (
        UPDATE jobs_job SET publishes = {counted}, published_at = clock_timestamp()
        WHERE id IN (SELECT id FROM jobs_job WHERE id = ANY(%s) AND status = '{Status.PENDING}'
            ORDER BY id FOR NO KEY UPDATE {"SKIP LOCKED" if skip_locked else ""}) RETURNING *
    )
    SELECT * FROM again ORDER BY id"""
    return list(Job.objects.using(using).raw(sql, [list(ids)]))


def remembered(jobs: JobQuerySet) -> JobQuerySet:
    """Return the jobs that `remove` refuses, because a caller may still repeat their request."""
    since = Now() - KEY_REMEMBERED
    keyed = jobs.filter(created_at__gte=since, idempotency_key__isnull=False)
    return keyed.exclude(
        Q(idempotency_key__startswith=FORM_KEY) | Q(idempotency_key__startswith=CHILD_KEY)
    )


REMOVE = """
WITH mine AS (
    SELECT id, status <> ALL(%(active)s)
        AND (idempotency_key IS NULL OR starts_with(idempotency_key, %(form_key)s)
            OR starts_with(idempotency_key, %(child_key)s)
            OR created_at < clock_timestamp() - %(remembered)s) AS removable
    FROM jobs_job WHERE id = ANY(%(ids)s)
), gone AS (
    DELETE FROM jobs_job WHERE id = ANY(%(ids)s)
        AND (SELECT count(*) = %(count)s AND bool_and(removable) FROM mine) RETURNING id
), events AS (
    DELETE FROM jobs_jobevent WHERE job_id IN (SELECT id FROM gone)
), logs AS (
    DELETE FROM jobs_joblog WHERE job_id IN (SELECT id FROM gone)
), reruns AS (
    UPDATE jobs_job SET rerun_of_id = NULL
    WHERE rerun_of_id IN (SELECT id FROM gone) AND id <> ALL(%(ids)s)
), task_results AS (
    DELETE FROM django_celery_results_taskresult WHERE task_id IN (SELECT id::text FROM gone)
), files AS (
    DELETE FROM jobs_jobfile WHERE job_id IN (SELECT id FROM gone) RETURNING stored_name
), uploads AS (
    DELETE FROM jobs_jobupload WHERE job_id IN (SELECT id FROM gone) RETURNING upload_id
)
SELECT (SELECT count(*) FROM gone), (SELECT array_agg(stored_name) FROM files),
    (SELECT array_agg(upload_id) FROM uploads)"""


def remove(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> list[str] | None:
    """Delete settled jobs with all their records, and the uploads that no other job has.

    Returns the stored names of their files and uploads.

    None, and all stay, if any of them is gone, active, or remembered for its idempotency key.
    """
    values: dict[str, Any] = {
        "ids": list(ids),
        "count": len(ids),
        "active": list(ACTIVE),
        "form_key": FORM_KEY,
        "child_key": CHILD_KEY,
        "remembered": KEY_REMEMBERED,
    }
    # Locked by a statement of its own: REMOVE would not see events and reruns that are added while
    # it waits for a lock, and would leave them behind.
    lock = "SELECT FROM jobs_job WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(f"{LOCK_UPLOADS_OF}; {lock}", values)
        cursor.execute(REMOVE, values)
        count, file_names, upload_ids = cursor.fetchone()
        upload_names = remove_uploads(upload_ids, using=using) if upload_ids else []
    return [*(file_names or []), *upload_names] if count == len(ids) else None
