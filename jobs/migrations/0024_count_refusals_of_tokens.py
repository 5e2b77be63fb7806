"""Refused requests are counted for each API token, day and reason."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0023_index_tokens_of_jobs")]

    operations = [
        migrations.CreateModel(
            name="TokenRefusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("reason", models.CharField(max_length=50)),
                ("count", models.PositiveIntegerField()),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refusals",
                        to="jobs.apitoken",
                        to_field="public_id",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("token", "day", "reason"),
                        name="jobs_tokenrefusal_one_per_day_and_reason",
                    )
                ],
            },
        ),
    ]
