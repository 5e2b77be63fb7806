"""Finds one job by its id, as a prepared read."""

from uuid import UUID

from jobs.database import PreparedRead
from jobs.lifecycle.statement import load_job
from jobs.models import Job

# The columns of a job that is shown; a traceback may be long, and few pages show it.
FOUND_COLUMNS = tuple(
    field.attname for field in Job._meta.concrete_fields if field.attname != "error_traceback"
)
FIND = PreparedRead(
    "jobs_find",
    f"SELECT {', '.join(FOUND_COLUMNS)} FROM jobs_job WHERE id = %(id)s",
    {"id": "uuid"},
)


def find_job(job_id: UUID, *, using: str) -> Job | None:
    """Return the job without its traceback, which is deferred; None if there is none."""
    for row in FIND.rows({"id": job_id}, using=using):
        return load_job(FOUND_COLUMNS, row, using)
    return None
