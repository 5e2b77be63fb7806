"""The rules about jobs that PostgreSQL keeps."""

from django.db import models
from django.db.models import Q

from jobs.models.status import ACTIVE, SETTLED, Status

CONSTRAINTS: list[models.BaseConstraint] = [
    models.CheckConstraint(condition=Q(status__in=Status.values), name="jobs_job_status_known"),
    models.CheckConstraint(
        condition=Q(progress_percent=None) | Q(progress_percent__range=(0, 100)),
        name="jobs_job_progress_is_percent",
    ),
    models.CheckConstraint(
        condition=Q(status__in=SETTLED, finished_at__isnull=False)
        | ~Q(status__in=SETTLED) & Q(finished_at=None),
        name="jobs_job_finished_when_settled",
    ),
    models.CheckConstraint(
        condition=~Q(status=Status.PROCESSING)
        | Q(
            started_at__isnull=False,
            lease_until__isnull=False,
            pid__isnull=False,
            attempt__gte=1,
        )
        & ~Q(worker=""),
        name="jobs_job_processing_has_owner",
    ),
    models.CheckConstraint(
        condition=~Q(status=Status.FAILED) | ~Q(error_code=""),
        name="jobs_job_failed_has_error",
    ),
    models.UniqueConstraint(
        fields=["created_by", "idempotency_key"],
        condition=Q(idempotency_key__isnull=False),
        name="jobs_job_one_per_idempotency_key",
    ),
    # It also finds the children of a job.
    models.UniqueConstraint(
        fields=["parent", "idempotency_key"],
        condition=Q(parent__isnull=False),
        name="jobs_job_one_per_child_key",
    ),
    models.UniqueConstraint(
        fields=["type"],
        condition=Q(status__in=ACTIVE)
        & (Q(unique_while_active=True) | Q(unique_key__isnull=False)),
        name="jobs_job_one_active_of_its_kind",
    ),
]
