"""Failures of one cause are found by an index, in place of that of the times of failures."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0029_know_failures_by_cause")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(("fingerprint", ""), _negated=True),
                fields=["fingerprint", "id"],
                name="jobs_job_fingerprint_id",
            ),
        ),
        RemoveIndexConcurrently("job", "jobs_job_failed_at"),
    ]
