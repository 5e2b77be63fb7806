"""People sign in with their e-mail address; the nickname, their former name, is optional."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="email",
            field=models.EmailField(default="", max_length=254, unique=True, verbose_name="e-mail"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="member",
            name="nickname",
            field=models.CharField(blank=True, max_length=50),
        ),
    ]
