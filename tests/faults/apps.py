"""Registers the fault suite's job types in the processes it starts, and the faults of a test."""

import os
import time
from importlib import import_module
from pathlib import Path

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"

    def ready(self) -> None:
        """As jobs/types/ is loaded."""
        import_module("tests.faults.types")
        import_module("tests.faults.limited_types")
        if os.environ.get("FAULTS_FAIL_POINT"):
            import_module("tests.faults.failpoint").install()
        if note := os.environ.get("FAULTS_CLOCK"):
            step_clock(Path(note))


def step_clock(note: Path) -> None:
    """Let the time of day be off by the seconds that a file holds, once it exists."""
    real = time.time
    time.time = lambda: real() + (float(note.read_text()) if note.exists() else 0)
