"""The bytes of one account's uploads that no job has, which a limit compares."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0043_add_uploads")]

    operations = [
        AddIndexConcurrently(
            model_name="upload",
            index=models.Index(
                condition=models.Q(unused_since__isnull=False),
                fields=["created_by"],
                include=("size",),
                name="jobs_upload_unused_of_user",
            ),
        )
    ]
