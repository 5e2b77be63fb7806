"""Adds how many of how many a running job has done, and of what."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0041_count_ended_jobs"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="progress_done",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="progress_total",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="progress_unit",
            field=models.CharField(blank=True, db_default="", max_length=50),
        ),
    ]
