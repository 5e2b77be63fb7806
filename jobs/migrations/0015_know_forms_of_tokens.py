"""A token knows the form that made it, so that two presses make one token."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("jobs", "0014_index_creators_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="form_key",
            field=models.CharField(max_length=100, null=True, editable=False),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.UniqueConstraint(
                fields=["user", "form_key"], name="jobs_apitoken_one_per_form"
            ),
        ),
    ]
