"""Jobs that wait for the end of a hold, or for room, are kept apart from those in line."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0037_hold_jobs")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(("parked_by", ""), ("status", "PENDING")),
                fields=["queue", "published_at", "id"],
                name="jobs_job_in_line",
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(
                    ("status", "PENDING"), models.Q(("parked_by", ""), _negated=True)
                ),
                fields=["queue", "parked_by", "id"],
                name="jobs_job_parked",
            ),
        ),
        RemoveIndexConcurrently("job", "jobs_job_waiting"),
    ]
