"""A boolean says that a job is to be the only active one of its type.

Processes of the version before may run on: they write `unique_key`, this version writes
`unique_while_active`, and one index guards both. It is built beside the old one while jobs are
submitted, then takes its name, by which every version knows it.
"""

from django.db import migrations, models

ACTIVE = ("PENDING", "PROCESSING")
NAME = "jobs_job_one_active_of_its_kind"
BUILD = f"""CREATE UNIQUE INDEX CONCURRENTLY {NAME}_new ON jobs_job (type)
    WHERE status IN {ACTIVE} AND (unique_while_active OR unique_key IS NOT NULL)"""
BUILD_OLD = f"""CREATE UNIQUE INDEX CONCURRENTLY {NAME}_new ON jobs_job (type, unique_key)
    WHERE status IN {ACTIVE} AND unique_key IS NOT NULL"""
TELL_OLD = f"UPDATE jobs_job SET unique_key = '' WHERE status IN {ACTIVE} AND unique_while_active"
# One string, and so one transaction: jobs are guarded at every moment. Behind a long export that
# reads the table it fails instead of holding up every other statement.
SWAP = f"""SET LOCAL lock_timeout = '2s';
    DROP INDEX {NAME}; ALTER INDEX {NAME}_new RENAME TO {NAME}"""
FORGET = f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}_new"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("jobs", "0017_default_columns")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(model_name="job", name=NAME),
                migrations.AddConstraint(
                    model_name="job",
                    constraint=models.UniqueConstraint(
                        fields=["type"],
                        condition=models.Q(status__in=ACTIVE)
                        & (models.Q(unique_while_active=True) | models.Q(unique_key__isnull=False)),
                        name=NAME,
                    ),
                ),
            ],
            database_operations=[
                migrations.RunSQL(FORGET, migrations.RunSQL.noop),
                migrations.RunSQL(BUILD, SWAP),
                migrations.RunSQL(SWAP, BUILD_OLD),
                migrations.RunSQL(migrations.RunSQL.noop, TELL_OLD),
                migrations.RunSQL(migrations.RunSQL.noop, FORGET),
            ],
        ),
    ]
