"""The database and its storage of job files share an identity."""

import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0011_know_failures_by_kind"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileStorage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.UUIDField(default=uuid.uuid4)),
                ("generation", models.PositiveBigIntegerField(default=1)),
                (
                    "tied_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("looked_until", models.DateTimeField(blank=True, null=True)),
                ("stripe", models.PositiveIntegerField(default=0)),
                ("refusal", models.CharField(blank=True, default="", max_length=500)),
            ],
            options={
                "verbose_name_plural": "file storage",
            },
        ),
    ]
