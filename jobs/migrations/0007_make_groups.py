"""Two groups to start from; docs/operations.md says what their members may do."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations

VIEWERS = ["view_job", "view_taskresult"]
OPERATORS = [
    *VIEWERS,
    "add_job",
    "cancel_job",
    "delete_job",
    "view_jobevent",
    "view_apitoken",
    "add_apitoken",
    "delete_apitoken",
]


def make_groups(apps: Any, schema_editor: Any) -> None:
    """Make the groups, unless there are some of these names already."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    for label in ("jobs", "django_celery_results"):
        # Django makes permissions after all migrations; this one needs them now.
        config = apps.get_app_config(label)
        config.models_module = getattr(config, "models_module", True)
        create_permissions(config, apps=apps, verbosity=0)
    for name, codenames in (("Viewers", VIEWERS), ("Operators", OPERATORS)):
        group, is_new = Group.objects.get_or_create(name=name)
        if is_new:
            group.permissions.set(Permission.objects.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0006_index_settled_jobs"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_celery_results", "0014_alter_taskresult_status"),
    ]

    # Undone by nothing: by then the groups may have members.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
