"""The project's settings, with the job types of the fault suite."""

import os

from backoffice.settings import *  # noqa: F403 (the project's, but for the few below)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.apps.FaultsConfig"]  # noqa: F405 (from there)
JOBS_DEFAULT_TYPE = "quick"
API_REQUESTS_PER_MINUTE = 1_000_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 3
CELERY_WORKER_MAX_TASKS_PER_CHILD = int(os.environ.get("FAULTS_TASKS_PER_CHILD", "1000"))
