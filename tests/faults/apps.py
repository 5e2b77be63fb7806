"""Registers the fault suite's job types in the processes it starts."""

from importlib import import_module

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        """As jobs/types/ is loaded."""
        import_module("tests.faults.types")
