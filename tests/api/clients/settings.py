"""The project's settings, with job types whose names could break generated code."""

from backoffice.settings import *  # noqa: F403 (the project's, except for the two below)

HOSTILE = "tests.api.clients.apps.HostileTypesConfig"
INSTALLED_APPS = [*INSTALLED_APPS, HOSTILE]  # noqa: F405 (from there)
API_REQUESTS_PER_MINUTE = 1_000_000
