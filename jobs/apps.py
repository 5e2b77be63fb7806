"""Registers the jobs application and, once Django is ready, every job type in jobs/types/."""

import pkgutil
from importlib import import_module

from django.apps import AppConfig

from jobs import checks as checks  # importing registers them
from jobs import types


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Import every file of jobs/types/, each of which registers its job type."""
        for module in pkgutil.iter_modules(types.__path__, f"{types.__name__}."):
            import_module(module.name)
