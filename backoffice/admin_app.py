"""The admin as an application, with our site; apart from apps.py, where Django takes one configuration only."""

from django.contrib.admin.apps import AdminConfig


class BackofficeAdminConfig(AdminConfig):
    default_site = "backoffice.admin_site.BackofficeAdminSite"
