"""Backoffice's settings with the added actions, and with a test database of their own."""

import os

from backoffice.settings import *  # noqa: F403
from backoffice.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = ["tests.services.extra_actions", *INSTALLED_APPS]  # first: it is ready first
for database in DATABASES.values():
    database["TEST"] = {**database.get("TEST", {}), "NAME": f"extra_actions_{os.getpid()}"}
