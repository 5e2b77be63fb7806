"""The admin as an application, with our site; apart from apps.py, where Django takes one configuration only."""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.BackofficeAdminSite"

    def ready(self) -> None:
        """Register our pages after everybody's: autodiscovery would import them while the site is being made."""
        super().ready()
        import_module("jobs.admin.site")
