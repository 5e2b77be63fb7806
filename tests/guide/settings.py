"""Backoffice's settings with the app of the examples, and with a test database of their own."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples"))

from backoffice.settings import *  # noqa: F403
from backoffice.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "catalog"]
for database in DATABASES.values():
    database["TEST"] = {**database.get("TEST", {}), "NAME": f"catalog_{os.getpid()}"}
