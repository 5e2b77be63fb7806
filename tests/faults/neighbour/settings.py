"""The project's settings: its Celery differs from ours in all that could be mixed up."""

from tests.faults.settings import *  # noqa: F403 (the project's, but for the few below)

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.neighbour"]  # noqa: F405 (from there)
CELERY_BROKER_URL = JOBS_REDIS_URL  # noqa: F405 (from there)
del JOBS_REDIS_URL, JOBS_QUEUE_PREFIX  # noqa: F821 (their defaults are for such projects)
# Queues with the names of ours.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"tests.faults.neighbour.tasks.urgent": {"queue": "maintenance"}}
CELERY_TASK_SERIALIZER = "pickle"
CELERY_ACCEPT_CONTENT = ["pickle", "json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TRACK_STARTED = True
CELERY_RESULT_BACKEND = "django-db"
CELERY_RESULT_EXTENDED = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
