"""Events are written and deleted in the statement of their job, so no constraint checks them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0035_find_claims_without_an_index")]

    operations = [
        migrations.AlterField(
            "jobevent",
            "job",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="jobs.job",
            ),
        ),
    ]
