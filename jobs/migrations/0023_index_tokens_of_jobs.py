"""The jobs of one API token are found by an index; jobs without a token are not in it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0022_know_tokens_of_jobs")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(("token_id__isnull", False)),
                fields=["token_id", "id"],
                name="jobs_job_token_id",
            ),
        ),
    ]
