"""The settings that the app reads beside Django's own, each with its default."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.db import DEFAULT_DB_ALIAS, connections

# docs/adopting.md explains each.
DEFAULTS: dict[str, Any] = {
    "JOBS_ADMIN_SITE": "django.contrib.admin.site",
    "JOBS_DEFAULT_TYPE": "report",
    "JOBS_LEASE_SECONDS": 60,
    "JOBS_HEARTBEAT_SECONDS": lambda: getattr(settings, "JOBS_LEASE_SECONDS", 60) / 6,
    "JOBS_FILES_DIR": lambda: _beside_project("job-files"),
    "API_REQUESTS_PER_MINUTE": 6000,
    "WEB_THREADS": 8,
    "FILES_ACCEL_PREFIX": "",
    "UPLOAD_LIMIT_BYTES": 1024**3,
    "UPLOAD_UNUSED_LIMIT_BYTES": lambda: 10 * getattr(settings, "UPLOAD_LIMIT_BYTES", 1024**3),
    "UPLOAD_REFUSED_KINDS": (),
    "UPLOAD_SCANNER": "",
}
WORKER_DB = "worker"
POOLED_DB = "pooled"  # through the pooler, in processes whose other connections go past it
JOB_FILES = "jobs"
ENGINE = "jobs.database"

# Any page of today's storage is found at once. With the default (4) PostgreSQL would rather walk
# past a million newer jobs than read an index of the few that are wanted; docs/decisions.md has
# the figures. To compile a query (jit) takes longer than to run it here.
PLANNER = {"random_page_cost": "1.1", "jit": "off"}
# Our own statements are short; a handler may compute inside its transaction for an hour.
TIME_LIMITS = {
    "statement_timeout": "15s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}
# A database that stopped answering is an error within seconds; no process hangs on it.
KEEPALIVE = {
    "connect_timeout": 3,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def complete_settings() -> None:
    """Give each setting that the project lacks its default: DEFAULTS, storage, alias `worker`."""
    for name, default in DEFAULTS.items():
        if not hasattr(settings, name):
            setattr(settings, name, default() if callable(default) else default)
    if directory := getattr(settings, "JOBS_FILES_DIR", None):
        place: Any = file_storage(directory)  # the stubs want an instance
        storages.backends.setdefault(JOB_FILES, place)
    databases = connections.settings
    if WORKER_DB not in databases and DEFAULT_DB_ALIAS in databases:
        derived = worker_database(databases[DEFAULT_DB_ALIAS])
        databases |= connections.configure_settings({**databases, WORKER_DB: derived})


def file_storage(directory: str | Path) -> dict[str, Any]:
    """Return the entry of STORAGES for the files of jobs.

    Only our own account reads them: the site checks who may see the job.
    """
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": directory,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }


def worker_database(server: dict[str, Any], *, prepares: bool = True) -> dict[str, Any]:
    """Return the entry of DATABASES for "worker": the same database, over another connection.

    A worker's claim, progress, logs and outcome must neither wait for the handler's open
    transaction nor be rolled back with it.
    """
    options = {name: value for name, value in server.get("OPTIONS", {}).items() if name != "pool"}
    bounded = {"session": PLANNER | TIME_LIMITS, "prepared_statements": prepares}
    return server | {
        "ENGINE": ENGINE,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": KEEPALIVE | options | bounded,
        "TEST": {"MIRROR": DEFAULT_DB_ALIAS},
    }


def _beside_project(name: str) -> Path | None:
    base = getattr(settings, "BASE_DIR", None)
    return Path(base) / name if base else None
