"""Registers the job types with hostile names in the servers that a test starts."""

from importlib import import_module

from django.apps import AppConfig


class HostileTypesConfig(AppConfig):
    name = "tests.api.clients"
    label = "hostile_types"

    def ready(self) -> None:
        """Register the types at start, as the built-in ones are."""
        import_module("tests.api.clients.types").register()
