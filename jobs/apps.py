"""Registers the jobs application and, once Django is ready, the job types of every app."""

from importlib import import_module

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured

from jobs.app_settings import complete_settings
from jobs.discovery import load_job_types

# The app has models of its own or relations to models of these.
NEEDED_APPS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_celery_results",
)


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Import the models, whose own imports fail in other words if an app is missing.

        Raises: ImproperlyConfigured.
        """
        missing = [name for name in NEEDED_APPS if not apps.is_installed(name)]
        if missing:
            names = ", ".join(map(repr, missing))
            raise ImproperlyConfigured(f"The app jobs needs {names}: add to INSTALLED_APPS.")
        super().import_models()

    def ready(self) -> None:
        """Complete the settings, import job types and checks, and register the admin's pages."""
        complete_settings()
        # They need models; the checks register themselves.
        import_module("jobs.checks")
        import_module("jobs.setup_checks")
        load_job_types()
        import_module("jobs.admin.site").register_pages()
