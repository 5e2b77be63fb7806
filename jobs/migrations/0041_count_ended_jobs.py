"""Counts of ended jobs that stay when the jobs are deleted, and how far upkeep has counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0040_name_tokens_of_accounts")]

    operations = [
        migrations.CreateModel(
            name="Total",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=50)),
                ("type", models.CharField(blank=True, default="", max_length=100)),
                ("key", models.CharField(blank=True, default="", max_length=100)),
                ("value", models.FloatField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "type", "key"),
                        name="jobs_total_one_per_name_type_and_key",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="upkeepstate",
            name="counted_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
