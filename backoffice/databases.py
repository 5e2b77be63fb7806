"""The connections of every process to PostgreSQL, as DATABASES of settings.py."""

from typing import Any

from environ import Env

from backoffice.environment import Environment
from backoffice.server_urls import mask_url, servers_of, split_by_server
from jobs.app_settings import ENGINE, KEEPALIVE, PLANNER, POOLED_DB, WORKER_DB, worker_database

DATABASE_SCHEMES = ["postgres", "postgresql"]
VERIFYING = ("verify-ca", "verify-full")
# A pooler may end a long migration, and a lock of upkeep would hold one of its connections.
DIRECT_COMMANDS = ("migrate", "upkeep")


def database_settings(env: Environment, command: str) -> dict[str, dict[str, Any]]:
    """Return DATABASES of a process that runs this management command, or another program.

    "default" belongs to handlers and commands; wsgi.py bounds it in the web server. If the command
    connects past a pooler, "pooled" leads through it.
    """
    prepares = env.flag("PREPARED_STATEMENTS", True)
    authorities = env.file("DATABASE_CA_FILE")
    server = _server_of(env, "DATABASE_", authorities)
    direct = _direct_server(env, server, authorities)
    if not direct or command not in DIRECT_COMMANDS:
        return _aliases(server, prepares)
    return _aliases(direct, prepares) | {POOLED_DB: worker_database(server, prepares=prepares)}


def _aliases(server: dict[str, Any], prepares: bool) -> dict[str, dict[str, Any]]:
    options = KEEPALIVE | server.get("OPTIONS", {})  # such as sslmode, from the query of the URL
    default = server | {
        "ENGINE": ENGINE,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | {"session": PLANNER},
    }
    return {"default": default, WORKER_DB: worker_database(server, prepares=prepares)}


def _direct_server(env: Environment, pooled: dict[str, Any], authorities: str) -> dict[str, Any]:
    """Return the server of DATABASE_DIRECT_URL, or {}.

    What its own variables leave out is as for DATABASE_URL: the file of CAs, and the password of
    the same account.
    """
    own_authorities = env.file("DATABASE_DIRECT_CA_FILE")
    server = _server_of(env, "DATABASE_DIRECT_", own_authorities or authorities, is_required=False)
    if server and not server["PASSWORD"] and server["USER"] == pooled["USER"]:
        server["PASSWORD"] = pooled["PASSWORD"]
    return server


def _server_of(
    env: Environment, prefix: str, authorities: str, *, is_required: bool = True
) -> dict[str, Any]:
    """Return the entry of DATABASES for the URL and the password of the variables with `prefix`.

    Returns {} if the URL is not set and need not be. If it names several hosts, libpq connects to
    the one that takes writes. With a file of CAs the server's certificate is verified.
    """
    name = f"{prefix}URL"
    url = env.url(name, f"{prefix}PASSWORD", DATABASE_SCHEMES, last="name", is_required=is_required)
    if not url and not is_required:
        return {}
    first, *_ = split_by_server(url or "postgres://localhost/unknown")
    config: dict[str, Any] = Env.db_url_config(first.geturl())
    if len(servers := servers_of(url)) > 1:
        config["HOST"] = ",".join(host for host, _ in servers)
        config["PORT"] = ",".join(port or "5432" for _, port in servers)
        config["OPTIONS"] = {"target_session_attrs": "read-write"} | config.get("OPTIONS", {})
    if authorities:
        tls = {"sslmode": "verify-full", "sslrootcert": authorities} | config.get("OPTIONS", {})
        config["OPTIONS"] = tls
        if tls["sslmode"] not in VERIFYING:
            why = f"asks for sslmode={tls['sslmode']}, which verifies no certificate"
            fix = f"Remove sslmode from it, or {prefix}CA_FILE"
            env.wrong(f"{name}={mask_url(url)!r}", why, fix)
    if not config["NAME"]:
        env.wrong(f"{name}={mask_url(url)!r}", "names no database", "Write its name last: /name")
    return config
