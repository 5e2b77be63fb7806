"""Files that are sent in for jobs, and which jobs have them. Nothing of it is on jobs_job."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

NOW = django.db.models.functions.datetime.Now()


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0042_count_progress"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The foreign key locks the table of jobs for a moment. Behind a long transaction that
        # writes to it, the lock would wait, and every other write behind the lock: better fail, and
        # be run again.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("stored_name", models.CharField(max_length=200, unique=True)),
                ("created_at", models.DateTimeField(db_default=NOW)),
                ("unused_since", models.DateTimeField(db_default=NOW, null=True)),
                ("idempotency_key", models.CharField(max_length=255, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(
                        condition=models.Q(unused_since__isnull=False),
                        fields=["unused_since", "id"],
                        name="jobs_upload_unused",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(sha256__regex="^[0-9a-f]{64}$"),
                        name="jobs_upload_has_sha256",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(name="") & ~models.Q(stored_name=""),
                        name="jobs_upload_has_names",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(idempotency_key__isnull=False),
                        fields=("created_by", "idempotency_key"),
                        name="jobs_upload_one_per_idempotency_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="jobs.job",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="jobs.upload"
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "upload"), name="jobs_jobupload_one_per_job_and_upload"
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="upload",
            name="jobs",
            field=models.ManyToManyField(
                related_name="uploads", through="jobs.JobUpload", to="jobs.job"
            ),
        ),
    ]
