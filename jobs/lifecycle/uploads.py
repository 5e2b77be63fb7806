"""The uploads of jobs as rows: taken with a job, deleted with the last of its jobs."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

# Locked in the order of ids, so that two batches with the same uploads do not wait for each other.
TAKE = """
WITH locked AS (
    SELECT id FROM jobs_upload WHERE id = ANY(%(uploads)s) ORDER BY id FOR NO KEY UPDATE
), taken AS (
    UPDATE jobs_upload SET unused_since = NULL WHERE id IN (SELECT id FROM locked) RETURNING id
), linked AS (
    INSERT INTO jobs_jobupload (job_id, upload_id)
    SELECT link.job_id, link.upload_id
    FROM unnest(%(jobs)s::uuid[], %(uploads)s::uuid[]) AS link (job_id, upload_id)
        JOIN taken ON taken.id = link.upload_id
    ON CONFLICT DO NOTHING
)
SELECT id FROM taken"""
# Before the jobs themselves: a rerun locks the upload when it takes it, and the job that it repeats
# when it commits. In the other order the two would wait for each other.
LOCK_UPLOADS_OF = """
SELECT FROM jobs_upload
WHERE id IN (SELECT upload_id FROM jobs_jobupload WHERE job_id = ANY(%(ids)s))
ORDER BY id FOR UPDATE"""
DELETE_UNUSED = """
DELETE FROM jobs_upload
WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM jobs_jobupload WHERE upload_id = jobs_upload.id)
RETURNING stored_name"""


def take_uploads(links: Sequence[tuple[UUID, UUID]], *, using: str = DEFAULT_DB_ALIAS) -> set[UUID]:
    """Give uploads to stored jobs, as pairs of job and upload; returns those that are gone.

    Call it in the transaction that stores the jobs. Until it ends no upload is deleted.
    """
    jobs, uploads = (list(ids) for ids in zip(*links, strict=True))
    with connections[using].cursor() as cursor:
        cursor.execute(TAKE, {"jobs": jobs, "uploads": uploads})
        return set(uploads) - {row[0] for row in cursor.fetchall()}


def remove_uploads(ids: Collection[UUID], *, using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Delete those of the uploads that no job has; returns their stored names."""
    # Locked by a statement of its own: the second one would not see a job that takes an upload
    # while it waits for the lock.
    lock = "SELECT FROM jobs_upload WHERE id = ANY(%s) ORDER BY id FOR UPDATE"
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(lock, [list(ids)])
        cursor.execute(DELETE_UNUSED, [list(ids)])
        return [row[0] for row in cursor.fetchall()]
