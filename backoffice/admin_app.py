"""The admin as an application, with our site.

It is not in apps.py because Django uses only one configuration from there.
"""

from importlib import import_module

from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.BackofficeAdminSite"

    def ready(self) -> None:
        """Register the pages of a site that is Backoffice, in place of those of other apps."""
        super().ready()
        import_module("jobs.admin.sign_ins")
        import_module("jobs.admin.task_results")
        import_module("jobs.admin.accounts").register_account_pages()
