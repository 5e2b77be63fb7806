"""Tokens are found by their digest; nothing looks for the first characters, which pages show."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0046_add_keys_of_holds")]

    operations = [
        migrations.AlterField(
            model_name="apitoken",
            name="token_key",
            field=models.CharField(max_length=25),
        ),
    ]
