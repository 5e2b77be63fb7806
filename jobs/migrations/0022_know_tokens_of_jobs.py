"""A job keeps the API token that submitted it; a token has an id that is no digest.

PostgreSQL keeps the defaults of the columns of jobs in its catalogue. The table of tokens, which is
small, is written again: each token gets its own id.
"""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0021_index_active_jobs_by_status")]

    operations = [
        # As in 0017: better fail, and be run again, than hold up every request behind a lock.
        migrations.RunSQL("SET LOCAL lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            "apitoken",
            "public_id",
            models.UUIDField(
                db_default=RandomUUID(), default=uuid.uuid4, editable=False, unique=True
            ),
        ),
        migrations.AddField("job", "token_id", models.UUIDField(blank=True, null=True)),
        migrations.AddField(
            "job",
            "token_name",
            models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
    ]
