"""The tokens of an account have a name of their own, beside those of an app such as knox."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0039_let_operators_hold")]

    operations = [
        migrations.AlterField(
            model_name="apitoken",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="jobs_api_tokens",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
