"""Fewer and smaller indexes: ids serve ranges of creation times, statuses only settled jobs.

All are built and removed while jobs are submitted.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

SETTLED = models.Q(status__in=("COMPLETED", "FAILED", "CANCELLED"))

NEW = [
    models.Index(fields=["status", "id"], condition=SETTLED, name="jobs_job_outcome"),
    models.Index(
        fields=["created_by", "status", "id"], condition=SETTLED, name="jobs_job_creator_outcome"
    ),
    models.Index(fields=["type", "status", "id"], condition=SETTLED, name="jobs_job_type_outcome"),
    models.Index(
        fields=["worker"], condition=models.Q(status="PROCESSING"), name="jobs_job_running"
    ),
]
OLD = [
    "jobs_job_status_id",
    "jobs_job_created_by_status",
    "jobs_job_type_status_id",
    "jobs_job_processing",
    "jobs_job_created_at_id",
    "jobs_job_status_created_at",
    "jobs_job_started_at_id",
]
# Room for the next version of a row in its page: 99 % of the renewed leases then touch no index, of
# pages that were filled 76 %. It applies to new pages; nothing is rewritten.
LOOSE = "ALTER TABLE jobs_job SET (fillfactor = 85)"
FULL = "ALTER TABLE jobs_job RESET (fillfactor)"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0018_make_unique_by_boolean")]

    operations = [
        migrations.RunSQL(LOOSE, FULL),
        *(AddIndexConcurrently("job", index) for index in NEW),
        *(RemoveIndexConcurrently("job", name) for name in OLD),
    ]
