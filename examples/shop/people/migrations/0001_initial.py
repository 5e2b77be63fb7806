import uuid

from django.db import migrations, models

OF_GROUPS = {
    "blank": True,
    "help_text": "The groups this user belongs to. A user will get all permissions granted to each"
    " of their groups.",
    "related_name": "user_set",
    "related_query_name": "user",
    "to": "auth.group",
    "verbose_name": "groups",
}
OF_PERMISSIONS = {
    "blank": True,
    "help_text": "Specific permissions for this user.",
    "related_name": "user_set",
    "related_query_name": "user",
    "to": "auth.permission",
    "verbose_name": "user permissions",
}
SUPERUSER = {
    "default": False,
    "help_text": "Designates that this user has all permissions without explicitly assigning them.",
    "verbose_name": "superuser status",
}


class Migration(migrations.Migration):
    initial = True

    dependencies = [("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.CreateModel(
            name="Member",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                ("is_superuser", models.BooleanField(**SUPERUSER)),
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("nickname", models.CharField(max_length=50, unique=True)),
                ("is_staff", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("groups", models.ManyToManyField(**OF_GROUPS)),
                ("user_permissions", models.ManyToManyField(**OF_PERMISSIONS)),
            ],
            options={"abstract": False},
        ),
    ]
