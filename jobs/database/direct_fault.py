"""Whether a connection past a pooler leads to the same database as those through it."""

import secrets

from django.db import Error, connections, transaction

from jobs.app_settings import POOLED_DB

IS_LOCKED = """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) + objid::bigint = %s)"""


def direct_fault(using: str) -> str:
    """Return a sentence if `using` and the alias "pooled" lead to different databases.

    "" if they lead to the same one, if there is no "pooled", or if one of them does not answer now.
    """
    if POOLED_DB not in connections:
        return ""
    try:
        if _is_same(using, POOLED_DB):
            return ""
        return (
            f"DATABASE_DIRECT_URL leads to the database {_described(using)}, and DATABASE_URL to"
            f" {_described(POOLED_DB)}. Both must lead to the same one, past the pooler and"
            " through it."
        )
    except Error:
        return ""
    finally:
        for alias in (using, POOLED_DB):
            connections[alias].close()


def _is_same(direct: str, pooled: str) -> bool:
    """Return whether one sees the locks of the other, which copies of a server do not share."""
    number = secrets.randbits(63)
    with transaction.atomic(pooled), connections[pooled].cursor() as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s)", [number])
        with connections[direct].cursor() as cursor:
            cursor.execute(IS_LOCKED, [number])
            return bool(cursor.fetchone()[0])


def _described(alias: str) -> str:
    """Return the name of the database, and the identifier of its server if the account sees it."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        [name] = cursor.fetchone()
        try:
            cursor.execute("SELECT system_identifier FROM pg_control_system()")
        except Error:
            return str(name)
        return f"{name} of server {cursor.fetchone()[0]}"
