"""Jobs that code of the site launched have a source of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0024_count_refusals_of_tokens"),
    ]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="source",
            field=models.CharField(
                choices=[
                    ("api", "API"),
                    ("admin", "Admin"),
                    ("command", "Command"),
                    ("code", "Code"),
                ],
                default="command",
                max_length=10,
            ),
        ),
    ]
