"""A job that fails gets a fingerprint, the same for failures of one type with one cause."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0028_index_children")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="fingerprint",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
    ]
