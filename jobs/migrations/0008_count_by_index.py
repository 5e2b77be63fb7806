"""Counts of the console are read from indexes alone, which VACUUM keeps fit for it."""

from django.conf import settings
from django.db import migrations, models

# Counts are read from indexes alone as far as VACUUM has seen the pages. By PostgreSQL's default it comes once a fifth
# of the table has changed: among a million jobs after 200,000 changes, which is weeks.
OFTEN = """ALTER TABLE jobs_job SET (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.02,
    autovacuum_analyze_scale_factor = 0.02
)"""
AS_EVER = """ALTER TABLE jobs_job RESET (
    autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor, autovacuum_analyze_scale_factor
)"""


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0007_make_groups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(OFTEN, AS_EVER),
        migrations.RemoveIndex(model_name="job", name="jobs_job_waiting"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["queue", "published_at", "id"],
                condition=models.Q(("status", "PENDING")),
                name="jobs_job_waiting",
            ),
        ),
        migrations.RemoveIndex(model_name="job", name="jobs_job_finished_at_id"),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["finished_at", "id"],
                include=["status"],
                condition=models.Q(("finished_at__isnull", False)),
                name="jobs_job_finished_at_id",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["type", "status", "id"], name="jobs_job_type_status_id"),
        ),
        migrations.AlterField(
            model_name="job",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.deletion.SET_NULL,
                related_name="jobs",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
