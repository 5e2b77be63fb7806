"""The jobs of one API token are found by status, so that few failures among many jobs are found."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0047_drop_index_of_token_beginnings")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(
                    ("status__in", ("PENDING", "COMPLETED", "FAILED", "CANCELLED")),
                    ("token_id__isnull", False),
                ),
                fields=["token_id", "status", "id"],
                name="jobs_job_token",
            ),
        ),
        RemoveIndexConcurrently("job", "jobs_job_token_id"),
    ]
