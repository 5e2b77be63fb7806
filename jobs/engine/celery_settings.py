"""The settings of our Celery app; Django's CELERY_ settings are the project's, and not read here.

PostgreSQL is the truth and Redis only wakes workers: publishing fails fast, nothing is tracked
twice, and a lost worker's job is found by its row. docs/decisions.md has the measurements.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from jobs.engine.redis_server import BROKER_SCHEMES, TIMEOUTS, broker_settings

# What a site may set in JOBS_CELERY: sizes and times, none of which a guarantee depends on.
SITE_CHOICES = (
    "worker_concurrency",
    "worker_max_memory_per_child",
    "worker_max_tasks_per_child",
    "worker_soft_shutdown_timeout",
)


def redis_url() -> str:
    """Return the URL of our Redis: JOBS_REDIS_URL, or else CELERY_BROKER_URL.

    Raises: ImproperlyConfigured if neither is the URL of a Redis or its Sentinels.
    """
    for name in ("JOBS_REDIS_URL", "CELERY_BROKER_URL"):
        if url := getattr(settings, name, ""):
            if isinstance(url, str) and url.partition("://")[0] in BROKER_SCHEMES:
                return url
            fault = f"{name} does not begin with redis://, rediss://, sentinel:// or sentinels://"
            break
    else:
        fault = "Neither JOBS_REDIS_URL nor CELERY_BROKER_URL is set"
    raise ImproperlyConfigured(f"{fault}. Set JOBS_REDIS_URL to redis://host:6379/0 or the like.")


def chosen() -> dict[str, Any]:
    """Return what the site sets in JOBS_CELERY.

    Raises: ImproperlyConfigured for a setting that is not the site's to choose.
    """
    found: dict[str, Any] = getattr(settings, "JOBS_CELERY", {})
    if wrong := sorted(found.keys() - set(SITE_CHOICES)):
        may = f"It may have: {', '.join(SITE_CHOICES)}."
        raise ImproperlyConfigured(f"JOBS_CELERY has {', '.join(wrong)}. {may}")
    return found


_server = broker_settings(
    redis_url(),
    ca_file=getattr(settings, "JOBS_REDIS_CA_FILE", ""),
    sentinel_password=getattr(settings, "JOBS_REDIS_SENTINEL_PASSWORD", ""),
)

SETTINGS: dict[str, Any] = {
    "broker_url": _server["broker_url"],
    "broker_use_ssl": _server["broker_use_ssl"],
    "broker_transport_options": {
        # In front of each key in Redis, so that queues of both apps may have one name.
        "global_keyprefix": getattr(settings, "JOBS_QUEUE_PREFIX", "jobs:"),
        **_server["options"],
        **TIMEOUTS,
        "socket_keepalive": True,
        "max_retries": 0,  # kombu's own retries: 6 s instead of 0.3 s when Redis is stopped
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
    "broker_channel_error_retry": True,  # else READONLY, a failover or OOM ends the worker
    "broker_connection_max_retries": None,  # the default gives up after 46 minutes
    "broker_connection_retry_on_startup": True,
    "task_default_queue": "default",
    "task_publish_retry": False,  # the service withdraws, answers 503, and the caller decides
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],  # a message is never an authority
    "result_accept_content": ["json"],
    "task_acks_late": False,  # late ack leaves residue in Redis and wedges; the row rescues
    "task_reject_on_worker_lost": False,
    "task_track_started": False,  # a late duplicate would turn SUCCESS back into STARTED
    "result_expires": None,  # prune removes a TaskResult with its job
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,  # else messages of a killed worker wait for a timeout
    "worker_enable_remote_control": False,  # a forged message could stop workers
    "worker_max_tasks_per_child": 1000,  # below 100 the forks cost more than the jobs
    "worker_soft_shutdown_timeout": 25,  # running jobs may finish; a stop is given 40 s
    # Celery's fixup for Django reads this by its old name; else it opens a new PostgreSQL
    # connection for each job.
    "CELERY_DB_REUSE_MAX": 1_000_000,
    **chosen(),
}
