"""What an error of PostgreSQL means: try again, wait for an operator, or fix a bug.

The SQLSTATE decides. Django's classes cannot: a server that refuses writes raises InternalError, as
does a corrupt index; a statement that ran too long raises OperationalError, as does a server that
is away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum

import psycopg2
from django.db import DatabaseError, Error, InterfaceError, OperationalError

from jobs.signals import database_failed


class Trouble(Enum):
    """A kind of error; the value explains it in a sentence without a full stop."""

    AWAY = "PostgreSQL does not answer, or takes no writes"
    BUSY = "PostgreSQL cancelled the statement: a lock or a deadlock"
    TOO_SLOW = "PostgreSQL cancelled the statement at its time limit"
    OUTDATED = "PostgreSQL does not have the tables of this version"
    REFUSED = "PostgreSQL does not let this account do that"
    BUG = "PostgreSQL refused the statement"


# The sentence for callers of the site, and the seconds after which to repeat the request.
FOR_CALLERS = {
    Trouble.AWAY: ("The database does not answer, or takes no changes now.", 5),
    Trouble.BUSY: ("The database could not get a lock: another change is in progress.", 5),
    # A repeated statement would most likely take as long.
    Trouble.TOO_SLOW: ("The database stopped the query because it took too long.", 60),
    Trouble.OUTDATED: ("The database does not have the tables of this version yet.", 60),
    Trouble.REFUSED: ("The database refuses this site.", 60),
}

# By SQLSTATE, or by its class, which is its first two characters.
# Source: PostgreSQL's documentation, appendix A.
MEANINGS = {
    "08": Trouble.AWAY,  # connection exceptions; PgBouncer's own errors too
    "25006": Trouble.AWAY,  # read-only: a standby, or a server under maintenance
    "25P03": Trouble.AWAY,  # idle in a transaction for too long: the connection is closed
    "25P04": Trouble.AWAY,  # transaction timeout: the same
    "40": Trouble.BUSY,  # serialization failure, deadlock
    "40003": Trouble.AWAY,  # statement completion unknown
    "42501": Trouble.REFUSED,
    "42P01": Trouble.OUTDATED,  # undefined table
    "42703": Trouble.OUTDATED,  # undefined column
    "3F000": Trouble.OUTDATED,  # undefined schema
    "26000": Trouble.AWAY,  # a prepared statement is lost: a pooler changed the session
    "42P05": Trouble.AWAY,  # the same: prepared before
    "28": Trouble.REFUSED,  # wrong password, no entry in pg_hba.conf
    "3D000": Trouble.REFUSED,  # no such database
    "53": Trouble.AWAY,  # out of connections, disk or memory
    "55000": Trouble.AWAY,  # recovery is in progress
    "55006": Trouble.BUSY,  # object in use
    "55P03": Trouble.BUSY,  # lock not available
    "57": Trouble.AWAY,  # shut down, starting up, session ended
    "57014": Trouble.TOO_SLOW,  # statement timeout, or cancelled by an operator
    "58": Trouble.AWAY,  # the server's own input and output
}

# What a pooler answers if it lost its server's connection, and may keep the client's; a statement
# may have committed. Other errors come from PostgreSQL, which has rolled back.
UNFINISHED = ("08", "40003", "57P01", "57P02", "58")

# PgBouncer's messages when it is full, and its setting to raise.
POOLER_FULL = {
    "query_wait_timeout": "default_pool_size",
    "no more connections allowed": "max_client_conn",
}


def trouble(error: BaseException) -> Trouble:
    """Return what an error of Django or psycopg2 means; an error of anything else is a bug."""
    cause = error.__cause__ if isinstance(error.__cause__, psycopg2.Error) else error
    state = getattr(cause, "pgcode", None)
    if state is not None:
        return MEANINGS.get(state) or MEANINGS.get(state[:2]) or Trouble.BUG
    # Without a SQLSTATE there was no answer: libpq could not connect, or lost the connection.
    lost = (psycopg2.OperationalError, psycopg2.InterfaceError, OperationalError, InterfaceError)
    is_lost = isinstance(cause, lost) or type(cause) in (psycopg2.DatabaseError, DatabaseError)
    return Trouble.AWAY if is_lost else Trouble.BUG


def is_rolled_back(error: BaseException) -> bool:
    """Return whether PostgreSQL itself refused the statement, so that it changed nothing.

    Otherwise its connection is lost, here or behind a pooler, and it may have committed.
    """
    state = getattr(error.__cause__, "pgcode", None)
    return state is not None and not state.startswith(UNFINISHED)


def is_bug(error: BaseException) -> bool:
    """Return whether the error is a bug: neither time nor an operator of PostgreSQL can fix it."""
    return trouble(error) is Trouble.BUG


def is_passing(error: BaseException) -> bool:
    """Return whether PostgreSQL cancelled only this statement, and would accept others."""
    return trouble(error) in (Trouble.BUSY, Trouble.TOO_SLOW)


def explain(error: BaseException) -> str:
    """Return the error in one line: what it means, then PostgreSQL's own message.

    It leaves out PostgreSQL's details, which may quote a whole row with a secret in it.
    """
    cause = error.__cause__ if isinstance(error.__cause__, psycopg2.Error) else error
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    said = " ".join((primary or str(error)).split()).rstrip(".")
    for message, setting in POOLER_FULL.items():
        if message in said:
            said = f"the pooler is full ({message}), raise {setting} there"
    meaning = trouble(error).value
    return f"{meaning}: {said}." if said else f"{meaning}."


@contextmanager
def raising(make: Callable[[Error], Exception | None]) -> Iterator[None]:
    """Raise `make(error)` in place of an error of PostgreSQL; a bug, or None, raises the error."""
    try:
        yield
    except Error as error:
        made = None if is_bug(error) else make(error)
        if made is None:
            raise
        send_failure(error)
        raise made from error


def send_failure(error: Error) -> None:
    """Send `database_failed` for an error by which a request fails."""
    database_failed.send_robust(None, kind=trouble(error))
