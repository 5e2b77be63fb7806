"""The hosts of a DATABASE_URL that names several, tried one after the other."""

from collections.abc import Callable, Mapping
from typing import Any

import psycopg2

# Of these two libpq asks what the server said at the login, which a pooler may have kept since its
# server was another: then every connection is refused, or one to a standby is taken.
WRITABLE = ("read-write", "primary")


def first_usable(connect: Callable[[dict[str, Any]], Any], params: Mapping[str, Any]) -> Any:
    """Return the connection to the first host that answers, and takes writes if that is asked for.

    libpq itself tries all hosts, but not where psycopg2 has a wait callback, as in the web server:
    there the first host that does not answer ends the search. And behind a pooler whose server is
    away a login succeeds: only a statement shows it.

    Raises: psycopg2.OperationalError with what each host said.
    """
    hosts = hosts_of(params)
    if len(hosts) == 1:
        return connect(dict(params))
    must_write = params.get("target_session_attrs") in WRITABLE
    plain = {"target_session_attrs": "any"} if must_write else {}
    refused = []
    for host in hosts:
        try:
            return _tried(connect({**params, **host, **plain}), must_write)
        except psycopg2.DatabaseError as error:
            refused.append(f"{host['host']}:{host['port']}: {' '.join(str(error).split())}")
    raise psycopg2.OperationalError("; ".join(refused))


def _tried(connection: Any, must_write: bool) -> Any:
    try:
        connection.autocommit = True  # or the statement would begin a transaction
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if must_write and cursor.fetchone() == ("on",):
                raise psycopg2.OperationalError("session is read-only")  # as libpq says
    except BaseException:
        connection.close()
        raise
    return connection


def hosts_of(params: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return host and port of each server; one {} if there is only one."""
    hosts = str(params.get("host", "")).split(",")
    if len(hosts) == 1:
        return [{}]
    ports = str(params.get("port", "")).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [{"host": host, "port": port} for host, port in zip(hosts, ports, strict=True)]
