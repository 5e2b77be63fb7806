"""Which form placed a hold, so that a second press of it places no second one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0045_know_traces_of_jobs")]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="idempotency_key",
            field=models.CharField(blank=True, max_length=255, null=True),
        ),
        # The table has a row for each hold that people placed.
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                fields=("idempotency_key",), name="jobs_hold_one_per_idempotency_key"
            ),
        ),
    ]
