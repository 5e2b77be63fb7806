"""The tables, with the rules PostgreSQL keeps and the indexes; jobs/models/ says what each is for."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # The steps in which these tables grew: a database that has taken them all has nothing left to do.
    replaces = [
        ("jobs", "0001_create_jobs"),
        ("jobs", "0002_index_upkeep_and_reruns"),
        ("jobs", "0003_index_filters_and_estimates"),
        ("jobs", "0004_report_upkeep"),
        ("jobs", "0005_index_failures"),
        ("jobs", "0006_index_settled_jobs"),
        ("jobs", "0008_count_by_index"),
        ("jobs", "0009_index_statuses_of_period_and_creator"),
    ]
    dependencies = [
        ("django_celery_results", "0014_alter_taskresult_status"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="UpkeepState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
                ("heartbeat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name_plural": "upkeep state",
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
                ("queues", models.JSONField(default=list)),
                ("types", models.JSONField(default=list)),
                ("slots", models.PositiveIntegerField()),
                ("consuming", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("heartbeat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ("-heartbeat_at",),
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("digest", models.CharField(max_length=128, primary_key=True, serialize=False)),
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("expiry", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="auth_token_set",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "ordering": ("-created",),
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("type", models.CharField(max_length=100)),
                ("params", models.JSONField(blank=True, default=dict)),
                ("queue", models.CharField(default="default", max_length=100)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("PROCESSING", "Processing"),
                            ("COMPLETED", "Completed"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        default="PENDING",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "progress_percent",
                    models.SmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("progress_message", models.CharField(blank=True, default="", max_length=1000)),
                ("result", models.JSONField(blank=True, null=True)),
                ("error_code", models.CharField(blank=True, default="", max_length=50)),
                ("error_type", models.CharField(blank=True, default="", max_length=200)),
                ("error_message", models.TextField(blank=True, default="")),
                ("error_traceback", models.TextField(blank=True, default="")),
                ("created_by_name", models.CharField(blank=True, default="", max_length=150)),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("admin", "Admin"), ("command", "Command")],
                        default="command",
                        max_length=10,
                    ),
                ),
                ("request_id", models.CharField(blank=True, default="", max_length=200)),
                ("idempotency_key", models.CharField(blank=True, max_length=255, null=True)),
                ("request_hash", models.CharField(blank=True, default="", max_length=64)),
                ("batch_id", models.UUIDField(blank=True, null=True)),
                ("unique_key", models.CharField(blank=True, max_length=64, null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("published_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("publishes", models.PositiveIntegerField(default=1)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("worker", models.CharField(blank=True, default="", max_length=64)),
                ("pid", models.PositiveIntegerField(blank=True, null=True)),
                ("taken_published_at", models.DateTimeField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_requested_by", models.CharField(blank=True, default="", max_length=150)),
                ("cancel_reason", models.CharField(blank=True, default="", max_length=1000)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("acknowledged_by", models.CharField(blank=True, default="", max_length=150)),
                (
                    "acknowledged_note",
                    models.CharField(blank=True, db_default="", default="", max_length=1000),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="jobs",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rerun_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reruns",
                        to="jobs.job",
                    ),
                ),
                (
                    "task_result",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="jobs",
                        to="django_celery_results.taskresult",
                        to_field="task_id",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "permissions": [("cancel_job", "Can cancel any job")],
            },
        ),
        migrations.CreateModel(
            name="JobEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_status", models.CharField(blank=True, default="", max_length=10)),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("PROCESSING", "Processing"),
                            ("COMPLETED", "Completed"),
                            ("FAILED", "Failed"),
                            ("CANCELLED", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("actor", models.CharField(max_length=150)),
                ("reason", models.CharField(blank=True, default="", max_length=1000)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="JobFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("stored_name", models.CharField(max_length=200, unique=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="JobLog",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("attempt", models.PositiveIntegerField()),
                ("seq", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("level", models.CharField(max_length=10)),
                ("message", models.TextField()),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logs",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "ordering": ("seq",),
            },
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["status", "id"], name="jobs_job_status_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["created_at", "id"], name="jobs_job_created_at_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["status", "created_at", "id"], name="jobs_job_status_created_at"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["created_by", "id"], name="jobs_job_created_by_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["created_by", "status", "id"], name="jobs_job_created_by_status"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["type", "id"], name="jobs_job_type_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["type", "status", "id"], name="jobs_job_type_status_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["source", "id"], name="jobs_job_source_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["queue", "id"], name="jobs_job_queue_id"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["name", "id"], name="jobs_job_name_id", opclasses=["varchar_pattern_ops", "uuid_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status__in", ("PENDING", "PROCESSING"))),
                fields=["id"],
                name="jobs_job_active",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status__in", ("COMPLETED", "FAILED", "CANCELLED"))),
                fields=["id"],
                name="jobs_job_settled",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("error_code", ""), _negated=True),
                fields=["error_code", "id"],
                name="jobs_job_error_code_id",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("started_at__isnull", False)),
                fields=["started_at", "id"],
                name="jobs_job_started_at_id",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at", "id"],
                include=("status",),
                name="jobs_job_finished_at_id",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("started_at__isnull", False)),
                fields=["type", "finished_at"],
                name="jobs_job_type_ran",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "PENDING")),
                fields=["queue", "published_at", "id"],
                name="jobs_job_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "PROCESSING")),
                fields=["lease_until"],
                name="jobs_job_processing",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("publishes", 1), ("taken_published_at__isnull", False)),
                fields=["queue", "taken_published_at"],
                name="jobs_job_taken",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("acknowledged_at", None), ("status", "FAILED")),
                fields=["id"],
                name="jobs_job_unseen",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("status", "FAILED")), fields=["finished_at"], name="jobs_job_failed_at"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("rerun_of__isnull", False)), fields=["rerun_of"], name="jobs_job_rerun_of"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("batch_id__isnull", False)), fields=["batch_id"], name="jobs_job_batch"
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["PENDING", "PROCESSING", "COMPLETED", "FAILED", "CANCELLED"])
                ),
                name="jobs_job_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("progress_percent", None), ("progress_percent__range", (0, 100)), _connector="OR"
                ),
                name="jobs_job_progress_is_percent",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False), ("status__in", ("COMPLETED", "FAILED", "CANCELLED"))
                    ),
                    models.Q(
                        models.Q(("status__in", ("COMPLETED", "FAILED", "CANCELLED")), _negated=True),
                        ("finished_at", None),
                    ),
                    _connector="OR",
                ),
                name="jobs_job_finished_when_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "PROCESSING"), _negated=True),
                    models.Q(
                        ("attempt__gte", 1),
                        ("lease_until__isnull", False),
                        ("pid__isnull", False),
                        ("started_at__isnull", False),
                        models.Q(("worker", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="jobs_job_processing_has_owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "FAILED"), _negated=True),
                    models.Q(("error_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="jobs_job_failed_has_error",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key__isnull", False)),
                fields=("created_by", "idempotency_key"),
                name="jobs_job_one_per_idempotency_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("PENDING", "PROCESSING")), ("unique_key__isnull", False)),
                fields=("type", "unique_key"),
                name="jobs_job_one_active_of_its_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="jobevent",
            index=models.Index(fields=["job", "id"], name="jobs_jobevent_job_id"),
        ),
        migrations.AddConstraint(
            model_name="jobfile",
            constraint=models.UniqueConstraint(
                fields=("job", "attempt", "name"), name="jobs_jobfile_one_per_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="joblog",
            constraint=models.UniqueConstraint(fields=("job", "seq"), name="jobs_joblog_one_per_seq"),
        ),
    ]
