"""The connections of every process to PostgreSQL, as DATABASES of settings.py."""

from typing import Any

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


def database_settings(server: dict[str, Any], *, prepares: bool) -> dict[str, dict[str, Any]]:
    """Return DATABASES for the server that DATABASE_URL names.

    "worker" is the same database over a connection of its own: a worker's claim, progress, logs
    and outcome must neither wait for the handler's open transaction nor be rolled back with it.
    "default" belongs to handlers and commands; wsgi.py bounds it in the web server.
    """
    options = KEEPALIVE | server.get("OPTIONS", {})  # such as sslmode, from the query of the URL
    database = server | {
        "ENGINE": "jobs.database",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
    unbounded = options | {"session": PLANNER}
    bounded = options | {"session": PLANNER | TIME_LIMITS, "prepared_statements": prepares}
    return {
        "default": database | {"OPTIONS": unbounded},
        "worker": database | {"OPTIONS": bounded, "TEST": {"MIRROR": "default"}},
    }
