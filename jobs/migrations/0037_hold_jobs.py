"""Holds, limits of how many jobs run at a time, and workers that are drained."""

import django.db.models.functions.datetime
from django.db import migrations, models

NOW = django.db.models.functions.datetime.Now()


class Migration(migrations.Migration):
    dependencies = [("jobs", "0036_write_events_without_a_lock")]

    operations = [
        # As in 0017: better fail, and be run again, than hold up every request behind a lock.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("type", "Job type"),
                            ("queue", "Queue"),
                            ("requester", "Requester"),
                            ("token", "API token"),
                        ],
                        max_length=10,
                    ),
                ),
                ("value", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=500)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("held_at", models.DateTimeField(db_default=NOW)),
                ("held_by", models.CharField(max_length=150)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("released_by", models.CharField(blank=True, db_default="", max_length=150)),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.AddConstraint(
            "hold",
            models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("kind", "value"),
                name="jobs_hold_one_of_its_target",
            ),
        ),
        migrations.CreateModel(
            name="SiteLimit",
            fields=[
                (
                    "type",
                    models.CharField(max_length=100, primary_key=True, serialize=False),
                ),
                ("at_most", models.PositiveIntegerField(blank=True, null=True)),
                ("by", models.CharField(blank=True, db_default="", max_length=200)),
                ("reason", models.CharField(blank=True, db_default="", max_length=500)),
                ("set_at", models.DateTimeField(db_default=NOW)),
                ("set_by", models.CharField(max_length=150)),
            ],
            options={"ordering": ("type",)},
        ),
        migrations.AddConstraint(
            "sitelimit",
            models.CheckConstraint(
                condition=models.Q(
                    ("at_most", None), ("at_most__range", (1, 10000)), _connector="OR"
                ),
                name="jobs_sitelimit_at_most_in_range",
            ),
        ),
        migrations.AddField("worker", "drained_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "worker", "drained_by", models.CharField(blank=True, db_default="", max_length=150)
        ),
        migrations.AddField(
            "worker", "drain_reason", models.CharField(blank=True, db_default="", max_length=500)
        ),
        migrations.AddField(
            "job",
            "parked_by",
            models.CharField(blank=True, db_default="", default="", max_length=150),
        ),
        migrations.AlterModelOptions(
            "job",
            {
                "ordering": ("-id",),
                "permissions": [
                    ("cancel_job", "Can cancel any job"),
                    ("hold_job", "Can hold jobs, limit types and drain workers"),
                ],
            },
        ),
    ]
