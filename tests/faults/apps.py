"""Registers the fault suite's job types in the processes it starts, and the fail point in its web server."""

import os
from importlib import import_module

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        """As jobs/types/ is loaded."""
        import_module("tests.faults.types")
        if os.environ.get("FAULTS_FAIL_POINT"):
            import_module("tests.faults.failpoint").install()
