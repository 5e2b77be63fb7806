"""Backoffice's settings with the app, and with a test database of their own."""

import os

from backoffice.settings import *  # noqa: F403
from backoffice.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.about.shop"]
for database in DATABASES.values():
    database["TEST"] = {**database.get("TEST", {}), "NAME": f"shop_{os.getpid()}"}
