"""Rows of logs."""

from django.utils import timezone

from jobs.models import JobLog


def add(job, *numbers, level="INFO", message="line {}", attempt=1):
    """Add lines with these numbers to the job's log."""
    JobLog.objects.bulk_create(
        JobLog(
            job=job,
            attempt=attempt,
            seq=seq,
            at=timezone.now(),
            level=level,
            message=message.format(seq),
        )
        for seq in numbers
    )
