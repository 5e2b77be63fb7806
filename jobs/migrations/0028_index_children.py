"""A parent has one child of each key; jobs without a parent are not in the index."""

from django.db import migrations, models

NAME = "jobs_job_one_per_child_key"
BUILD = f"""CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON jobs_job (parent_id, idempotency_key)
    WHERE parent_id IS NOT NULL"""
DROP = f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0027_know_parents_of_jobs")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AddConstraint(
                    model_name="job",
                    constraint=models.UniqueConstraint(
                        fields=["parent", "idempotency_key"],
                        condition=models.Q(parent__isnull=False),
                        name=NAME,
                    ),
                ),
            ],
            database_operations=[
                # A build that was interrupted leaves an invalid index behind.
                migrations.RunSQL(DROP, migrations.RunSQL.noop),
                migrations.RunSQL(BUILD, DROP),
            ],
        ),
    ]
