"""A job keeps the object that it is about. PostgreSQL keeps the defaults in its catalogue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0030_index_failures_by_cause")]

    operations = [
        # As in 0017: better fail, and be run again, than hold up every request behind a lock.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField("job", "about_type", models.IntegerField(blank=True, null=True)),
        migrations.AddField(
            "job",
            "about_key",
            models.CharField(blank=True, db_default="", default="", max_length=255),
        ),
        migrations.AddField(
            "job",
            "about_name",
            models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
