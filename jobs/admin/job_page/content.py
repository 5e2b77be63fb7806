"""Contents of a job's page beside its data: files, jobs not done, worker, end of storage."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from jobs import access, parameters, registry
from jobs.admin.display.numbers import capped_count
from jobs.models import AuditEntry, Job, JobFile, JobQuerySet, Upload, Worker
from jobs.services import bulk_types

FILES_A_PAGE = 20
COUNTED_FILES = 10_000


@dataclass(frozen=True)
class FilesPage:
    """A page of the job's files, newest attempt first; `first` is the file to download."""

    files: list[JobFile]
    count: int
    number: int
    first: JobFile | None = None

    @property
    def total(self) -> str:
        """The number of all files: "12", or "10,000+"."""
        return capped_count(self.count, COUNTED_FILES)

    @property
    def pages(self) -> int:
        """The number of pages."""
        return max(1, -(-self.count // FILES_A_PAGE))

    @property
    def previous(self) -> int:
        """The number of the page before; 0 without one."""
        return self.number - 1

    @property
    def next(self) -> int:
        """The number of the page after; 0 without one."""
        return self.number + 1 if self.number < self.pages else 0


def files_page(user: Any, job: Job, number: str) -> FilesPage:
    """The page of the job's files with this number; one query, three if there are several pages."""
    if not job.attempt:
        return FilesPage([], 0, 1)
    files = access.files(user, job).order_by("-attempt", "id")
    first_page = list(files[: FILES_A_PAGE + 1])
    if len(first_page) <= FILES_A_PAGE:
        return FilesPage(first_page, len(first_page), 1, next(iter(first_page), None))
    return _later_page(files, first_page, number)


def _later_page(files: QuerySet[JobFile], first_page: list[JobFile], text: str) -> FilesPage:
    count = files[: COUNTED_FILES + 1].count()
    last = -(-count // FILES_A_PAGE)
    number = min(max(1, int(text)), last) if text.isdecimal() and len(text) < 9 else 1
    start = (number - 1) * FILES_A_PAGE
    shown = first_page[:-1] if number == 1 else list(files[start : start + FILES_A_PAGE])
    return FilesPage(shown, count, number, first_page[0])


def uploads_of(user: Any, job: Job, original: Job | None) -> dict[str, Upload]:
    """The uploads of the job and of the one that was launched again, by id.

    No query if the type takes no files.
    """
    job_type = registry.find(job.type)
    if job_type is None or not parameters.file_fields(job_type):
        return {}
    jobs = [one for one in (job, original) if one]
    return {str(found.id): found for one in jobs for found in access.job_uploads(user, one)}


def not_done_by(job: Job) -> list[dict[str, str]]:
    """The first jobs that a bulk job did not change: their "job" (id), "name" and "reason"."""
    if job.type not in bulk_types() or not isinstance(job.result, dict):
        return []
    rows: list[dict[str, str]] = job.result.get("not_done", [])
    return rows


def with_workers(jobs: JobQuerySet) -> JobQuerySet:
    """Return jobs that `worker_of` takes."""
    workers = Worker.objects.filter(pk=OuterRef("worker"))
    return jobs.annotate(
        worker_host=Subquery(workers.values("host")), worker_pid=Subquery(workers.values("pid"))
    )


def worker_of(job: Any) -> Worker | None:
    """The worker that ran the job last; None if it is no longer known. No query."""
    if job.worker_host is None:
        return None
    return Worker(id=job.worker, host=job.worker_host, pid=job.worker_pid)


def deleted_at(job: Job) -> datetime | None:
    """When pruning will delete the job; None while it is active or if its type no longer exists."""
    job_type = registry.find(job.type)
    if job_type is None or job.finished_at is None:
        return None
    return job.finished_at + timedelta(days=job_type.retention_days)


def audit_entries(job: Job) -> list[AuditEntry]:
    """The last 20 entries of the audit trail about the job, newest first."""
    return list(AuditEntry.objects.about(Job, job.pk).with_present_names()[:20])
