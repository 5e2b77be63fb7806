"""Why PostgreSQL can never be used as it is set up, however long a process waits."""

import re
import secrets

from django.db import Error, NotSupportedError, connections

from jobs.app_settings import POOLED_DB

TLS_REFUSED = re.compile(
    r"server certificate for .*? does not match host name \S+"
    r"|certificate verify failed"
    r"|root certificate file \S+ does not exist"
    r"|server does not support SSL, but SSL was required"
)
TLS_FIX = (
    "Set {prefix}CA_FILE to the CA that signed the certificate, and the host of {prefix}URL to a"
    " name in it."
)
POOLED = (
    "{prefix}URL leads through a pooler that gives each transaction another connection of"
    " PostgreSQL. Set pool_mode = session there, because limits and locks belong to a connection."
)


def server_fault(using: str) -> str:
    """Return a sentence with the fix; "" if the database can be used, or does not answer now."""
    prefix = "DATABASE_DIRECT_" if POOLED_DB in connections else "DATABASE_"
    try:
        return POOLED.format(prefix=prefix) if _is_shared(using) else ""
    except NotSupportedError as error:  # Django's own check of the server's version
        return f"{error} Upgrade it, or name another server in {prefix}URL."
    except Error as error:
        found = TLS_REFUSED.search(" ".join(str(error).split()))
        fix = TLS_FIX.format(prefix=prefix)
        return f"PostgreSQL's TLS is refused: {found[0]}. {fix}" if found else ""
    finally:
        connections[using].close()  # a process that forks must not hand it on


def _is_shared(using: str) -> bool:
    """Return whether a second client sees the session of a first one that is still connected.

    Poolers give the connection that was returned last, so that one look is enough.
    """
    first, second = connections[using], connections[using].copy()
    mark = secrets.token_hex(8)
    try:
        with first.cursor() as cursor:
            cursor.execute("SELECT set_config('jobs.session', %s, false)", [mark])
        with second.cursor() as cursor:
            cursor.execute("SELECT current_setting('jobs.session', true)")
            return bool(cursor.fetchone()[0] == mark)
    finally:
        second.close()
