"""Changes of jobs as workers make them: the version goes up."""

from django.db.models import F

from jobs.models import Job, Status


def change(job: Job, **fields: object) -> None:
    """Update the job's row."""
    Job.objects.filter(pk=job.pk).update(version=F("version") + 1, **fields)


def progress_to(job: Job, percent: int) -> None:
    """Report progress."""
    change(job, progress_percent=percent, progress_message=f"at {percent}")


def complete(job: Job) -> None:
    """End the job."""
    change(job, status=Status.COMPLETED, finished_at=F("created_at"), progress_percent=100)
