"""A job keeps the trace to which its launch belongs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0044_index_unused_uploads_of_users")]

    operations = [
        # As in 0017: better fail, and be run again, than hold up every request behind a lock.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            "job",
            "traceparent",
            models.CharField(blank=True, db_default="", default="", max_length=55),
        ),
    ]
