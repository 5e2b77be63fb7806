"""Columns that a submission does not set have their defaults in the database.

PostgreSQL stores a default in its catalogue: no row is read or written. `unique_while_active` is
NOT NULL with a constant default, which PostgreSQL keeps in the catalogue too (since version 11).
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0016_know_creators"),
    ]

    operations = [
        # The table is locked for a moment. Behind a long export that reads it, the lock would wait,
        # and every other statement behind the lock: better fail, and be run again.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="job",
            name="unique_while_active",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name="job",
            name="acknowledged_by",
            field=models.CharField(blank=True, db_default="", max_length=150),
        ),
        migrations.AlterField(
            model_name="job",
            name="acknowledged_note",
            field=models.CharField(blank=True, db_default="", max_length=1000),
        ),
        migrations.AlterField(
            model_name="job",
            name="attempt",
            field=models.PositiveIntegerField(db_default=0),
        ),
        migrations.AlterField(
            model_name="job",
            name="cancel_reason",
            field=models.CharField(blank=True, db_default="", max_length=1000),
        ),
        migrations.AlterField(
            model_name="job",
            name="cancel_requested_by",
            field=models.CharField(blank=True, db_default="", max_length=150),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_code",
            field=models.CharField(blank=True, db_default="", max_length=50),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_message",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_traceback",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AlterField(
            model_name="job",
            name="error_type",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AlterField(
            model_name="job",
            name="progress_message",
            field=models.CharField(blank=True, db_default="", max_length=1000),
        ),
        migrations.AlterField(
            model_name="job",
            name="publishes",
            field=models.PositiveIntegerField(db_default=1),
        ),
        migrations.AlterField(
            model_name="job",
            name="status",
            field=models.CharField(
                choices=[
                    ("PENDING", "Pending"),
                    ("PROCESSING", "Processing"),
                    ("COMPLETED", "Completed"),
                    ("FAILED", "Failed"),
                    ("CANCELLED", "Cancelled"),
                ],
                db_default="PENDING",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="job",
            name="version",
            field=models.PositiveIntegerField(db_default=1),
        ),
        migrations.AlterField(
            model_name="job",
            name="worker",
            field=models.CharField(blank=True, db_default="", max_length=64),
        ),
    ]
