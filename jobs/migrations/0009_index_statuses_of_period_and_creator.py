"""Lists of a status within a period, or of one creator, are read from an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0008_count_by_index")]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["status", "created_at", "id"], name="jobs_job_status_created_at"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["created_by", "status", "id"], name="jobs_job_created_by_status"
            ),
        ),
    ]
