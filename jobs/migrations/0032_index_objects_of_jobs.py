"""The jobs about one object are found by an index; jobs about none are not in it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0031_know_objects_of_jobs")]

    operations = [
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(("about_type__isnull", False)),
                fields=["about_type", "about_key", "id"],
                name="jobs_job_about",
            ),
        ),
    ]
