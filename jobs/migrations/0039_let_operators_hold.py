"""The group Operators may hold jobs if its members may cancel those of others."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_operators_hold(apps: Any, schema_editor: Any) -> None:
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    # Django makes permissions after all migrations; this one needs them now.
    config = apps.get_app_config("jobs")
    config.models_module = getattr(config, "models_module", True)
    create_permissions(config, apps=apps, verbosity=0)
    of_jobs = Permission.objects.filter(content_type__app_label="jobs")
    may_cancel = Group.objects.filter(permissions__in=of_jobs.filter(codename="cancel_job"))
    for group in may_cancel.filter(name="Operators"):
        group.permissions.add(*of_jobs.filter(codename="hold_job"))


class Migration(migrations.Migration):
    dependencies = [("jobs", "0038_index_parked_jobs")]

    # Undone by nothing: the site may have granted the permission itself.
    operations = [migrations.RunPython(let_operators_hold, migrations.RunPython.noop)]
