"""Four indexes serve what fourteen did: lists merge the first jobs of each status.

All are built and removed while jobs are submitted.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

NOT_RUNNING = models.Q(status__in=("PENDING", "COMPLETED", "FAILED", "CANCELLED"))
SETTLED = models.Q(status__in=("COMPLETED", "FAILED", "CANCELLED"))

NEW = [
    models.Index(fields=["status", "type", "id"], name="jobs_job_status_type"),
    models.Index(
        fields=["queue", "source", "status", "id"],
        condition=NOT_RUNNING,
        name="jobs_job_queue_source",
    ),
    models.Index(fields=["created_by", "created_by_name", "status", "id"], name="jobs_job_creator"),
    models.Index(
        fields=["status", "type", "finished_at", "id"], condition=SETTLED, name="jobs_job_ended"
    ),
]
OLD = [
    "jobs_job_outcome",
    "jobs_job_created_by_id",
    "jobs_job_created_by_status",
    "jobs_job_created_by_name",
    "jobs_job_without_account",
    "jobs_job_type_id",
    "jobs_job_type_status_id",
    "jobs_job_source_id",
    "jobs_job_queue_id",
    "jobs_job_active",
    "jobs_job_settled",
    "jobs_job_finished_at_id",
    "jobs_job_type_ran",
    "jobs_job_running",
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0032_index_objects_of_jobs")]

    operations = [
        *(AddIndexConcurrently("job", index) for index in NEW),
        *(RemoveIndexConcurrently("job", name) for name in OLD),
    ]
