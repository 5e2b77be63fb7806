"""Jobs are found by words of name, requester, token and error; names need no index of their own."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

from jobs.models.words import words_of_jobs

INDEXED = ("PENDING", "COMPLETED", "FAILED", "CANCELLED")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0025_add_source_code")]

    operations = [
        AddIndexConcurrently(
            "job",
            GinIndex(
                words_of_jobs(),
                condition=models.Q(status__in=INDEXED),
                gin_pending_list_limit=1024,
                name="jobs_job_words",
            ),
        ),
        RemoveIndexConcurrently("job", "jobs_job_name_id"),
    ]
