"""Jobs whose account is deleted or renamed are found by the name that they show."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # CREATE INDEX CONCURRENTLY: submits go on meanwhile

    dependencies = [("jobs", "0013_keep_audit_trail")]

    operations = [
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(fields=["created_by_name", "id"], name="jobs_job_created_by_name"),
        ),
        AddIndexConcurrently(
            model_name="job",
            index=models.Index(
                condition=models.Q(("created_by", None)),
                fields=["created_by_name"],
                name="jobs_job_without_account",
            ),
        ),
    ]
