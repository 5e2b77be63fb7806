"""The admin as an application, with our site.

It is not in apps.py because Django uses only one configuration from there.
"""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.BackofficeAdminSite"

    def ready(self) -> None:
        """Register our pages last; autodiscovery would import them before the site exists."""
        super().ready()
        import_module("jobs.admin.site")
