"""The connections of every process to PostgreSQL, as DATABASES of settings.py."""

from typing import Any

from jobs.app_settings import ENGINE, KEEPALIVE, PLANNER, WORKER_DB, worker_database


def database_settings(server: dict[str, Any], *, prepares: bool) -> dict[str, dict[str, Any]]:
    """Return DATABASES for the server that DATABASE_URL names.

    "default" belongs to handlers and commands; wsgi.py bounds it in the web server.
    """
    options = KEEPALIVE | server.get("OPTIONS", {})  # such as sslmode, from the query of the URL
    default = server | {
        "ENGINE": ENGINE,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | {"session": PLANNER},
    }
    return {"default": default, WORKER_DB: worker_database(server, prepares=prepares)}
