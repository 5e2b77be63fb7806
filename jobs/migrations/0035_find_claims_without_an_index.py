"""Upkeep finds the newest claims of a queue by the index of queues and sources."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0034_merge_indexes")]

    operations = [RemoveIndexConcurrently("job", "jobs_job_taken")]
