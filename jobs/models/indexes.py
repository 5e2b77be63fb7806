"""The indexes by which jobs are found."""

from django.db import models
from django.db.models import Q

from jobs.models.status import ACTIVE, SETTLED, Status

INDEXES = [
    models.Index(fields=["status", "id"], name="jobs_job_status_id"),
    models.Index(fields=["created_at", "id"], name="jobs_job_created_at_id"),
    # Of a period those that failed, or that still wait, behind any number of others.
    models.Index(fields=["status", "created_at", "id"], name="jobs_job_status_created_at"),
    models.Index(fields=["created_by", "id"], name="jobs_job_created_by_id"),
    models.Index(fields=["created_by", "status", "id"], name="jobs_job_created_by_status"),
    # Jobs of deleted and renamed accounts, and of commands, are found by the name that they
    # show.
    models.Index(fields=["created_by_name", "id"], name="jobs_job_created_by_name"),
    models.Index(
        fields=["created_by_name"],
        condition=Q(created_by=None),
        name="jobs_job_without_account",
    ),
    models.Index(fields=["type", "id"], name="jobs_job_type_id"),
    # A type that never had a status is not searched for it from end to end; counts read
    # nothing else.
    models.Index(fields=["type", "status", "id"], name="jobs_job_type_status_id"),
    models.Index(fields=["source", "id"], name="jobs_job_source_id"),
    models.Index(fields=["queue", "id"], name="jobs_job_queue_id"),
    # The operator class makes it serve LIKE 'prefix%' for any collation of the database.
    models.Index(
        fields=["name", "id"],
        name="jobs_job_name_id",
        opclasses=["varchar_pattern_ops", "uuid_ops"],
    ),
    models.Index(fields=["id"], condition=Q(status__in=ACTIVE), name="jobs_job_active"),
    # The newest settled ones are found behind any number of newer jobs that wait.
    models.Index(fields=["id"], condition=Q(status__in=SETTLED), name="jobs_job_settled"),
    models.Index(
        fields=["error_code", "id"],
        condition=~Q(error_code=""),
        name="jobs_job_error_code_id",
    ),
    models.Index(
        fields=["started_at", "id"],
        condition=Q(started_at__isnull=False),
        name="jobs_job_started_at_id",
    ),
    models.Index(
        fields=["finished_at", "id"],
        include=["status"],  # the chart of the last day reads nothing else
        condition=Q(finished_at__isnull=False),
        name="jobs_job_finished_at_id",
    ),
    # The last runs of a type, by which estimates are made.
    models.Index(
        fields=["type", "finished_at"],
        condition=Q(started_at__isnull=False, finished_at__isnull=False),
        name="jobs_job_type_ran",
    ),
    # In the order in which they are taken; with the id, so that places in the queue come
    # from it alone.
    models.Index(
        fields=["queue", "published_at", "id"],
        condition=Q(status=Status.PENDING),
        name="jobs_job_waiting",
    ),
    models.Index(
        fields=["lease_until"],
        condition=Q(status=Status.PROCESSING),
        name="jobs_job_processing",
    ),
    # The newest claim of a queue, by which upkeep knows that a message was overtaken.
    models.Index(
        fields=["queue", "taken_published_at"],
        condition=Q(taken_published_at__isnull=False, publishes=1),
        name="jobs_job_taken",
    ),
    # What needs attention, and the home page's table of failures.
    models.Index(
        fields=["id"],
        condition=Q(status=Status.FAILED, acknowledged_at=None),
        name="jobs_job_unseen",
    ),
    models.Index(
        fields=["finished_at"], condition=Q(status=Status.FAILED), name="jobs_job_failed_at"
    ),
    # Deleting a job asks for its reruns; without this, by reading every job.
    models.Index(
        fields=["rerun_of"], condition=Q(rerun_of__isnull=False), name="jobs_job_rerun_of"
    ),
    models.Index(fields=["batch_id"], condition=Q(batch_id__isnull=False), name="jobs_job_batch"),
]
