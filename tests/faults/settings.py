"""The project's settings, with the job types of the fault suite."""

import os

from backoffice.settings import *  # noqa: F403 (the project's, but for the few below)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.apps.FaultsConfig"]  # noqa: F405 (from there)
JOBS_DEFAULT_TYPE = "quick"
API_REQUESTS_PER_MINUTE = 1_000_000
JOBS_CELERY = {
    "worker_soft_shutdown_timeout": 3,
    "worker_max_tasks_per_child": int(os.environ.get("FAULTS_TASKS_PER_CHILD", "1000")),
}
