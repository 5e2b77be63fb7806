"""A job keeps the id of the job whose handler launched it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0026_index_words")]

    operations = [
        # As in 0017: better fail, and be run again, than hold up every request behind a lock.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            "job",
            "parent",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="children",
                to="jobs.job",
            ),
        ),
    ]
