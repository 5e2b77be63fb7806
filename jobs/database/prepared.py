"""Statements that PostgreSQL parses and plans once in ten seconds for each connection.

Planning the statement of a claim costs PostgreSQL 140 microseconds, that of an outcome 200, and
parsing them as much again: more than running them.
"""

import hashlib
import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from django.db import Error, OperationalError, connections

from jobs.database.trouble import explain

logger = logging.getLogger(__name__)

# A plan that was made while the table was small may read all of it, and PostgreSQL keeps the plan
# until it analyzes the table.
PLAN_SECONDS = 10.0

PARAMETER = re.compile(r"%\((\w+)\)s")
NOT_PREPARED = "This connection sends its statements as a whole from now on."
POOLER = f"{NOT_PREPARED} Behind a pooler that does not keep sessions, set PREPARED_STATEMENTS=0."
# What to log, by SQLSTATE of a prepared statement that is not what the connection made it.
LOST = {
    "26000": POOLER,  # unknown to the session
    "42P05": POOLER,  # known to the session before
    "0A000": NOT_PREPARED,  # a migration changed the type of a column that it returns
}


class StatementLost(OperationalError):
    """A transaction failed because its prepared statement is lost; repeat it.

    The connection sends its statements as a whole from then on.
    """


class PreparedStatement:
    """A statement with named parameters, prepared at its first use on each connection.

    Where the option `prepared_statements` of the database is off, it is sent as a whole each time.
    """

    def __init__(self, name: str, sql: str, types: Mapping[str, str]) -> None:
        self._sql = sql
        names = list(dict.fromkeys(PARAMETER.findall(sql)))
        numbered = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
        declared = ", ".join(types[one] for one in names)
        self._definition = f"({declared}) AS {numbered.replace('%%', '%')}"
        self._arguments = f"({', '.join(f'%({one})s' for one in names)})"
        # Behind a pooler another version of this code must not execute this version's statement.
        self._name = f"{name}_{hashlib.sha256(self._definition.encode()).hexdigest()[:8]}"

    def rows(
        self, values: Mapping[str, Any], *, using: str, first: str = ""
    ) -> list[tuple[Any, ...]]:
        """Execute the statement and return its rows, as psycopg2 has them.

        `first` is SQL that runs before it, in the same round trip and transaction.

        Raises: StatementLost, in a transaction only; django.db.Error.
        """
        connection: Any = connections[using]
        with connection.cursor() as cursor:
            if not self._may_prepare(connection):
                cursor.execute(first + self._sql, values)
                return list(cursor.fetchall())
            try:
                name = self._prepared(connection)
                cursor.execute(f"{first}EXECUTE {name} {self._arguments}", values)
            except Error as error:
                state = getattr(error.__cause__, "pgcode", None)
                if state not in LOST:
                    raise
                connection.can_prepare = False
                logger.warning("%s %s", explain(error), LOST[state])
                if connection.in_atomic_block:
                    raise StatementLost(str(error)) from error
                cursor.execute(first + self._sql, values)
            return list(cursor.fetchall())

    def _may_prepare(self, connection: Any) -> bool:
        return getattr(connection, "can_prepare", False)  # no DatabaseWrapper of ours

    def _prepared(self, connection: Any) -> str:
        """Return the statement's name in the session, where it is prepared if it is due.

        Each PREPARE has a new name: where it fails, as at a lock, the former statement stays.
        """
        former, prepared_at = connection.prepared.get(self._name, ("", 0.0))
        now = time.monotonic()
        if former and now - prepared_at <= PLAN_SECONDS:
            return str(former)
        name = f"{self._name}_{next(connection.prepare_numbers)}"
        forget = f"; DEALLOCATE {former}" if former else ""
        with connection.cursor() as cursor:
            cursor.execute(f"PREPARE {name} {self._definition}{forget}")
        connection.prepared[self._name] = name, now
        return name


class PreparedRead(PreparedStatement):
    """A read, which a transaction sends as a whole: a statement that is lost would end that."""

    def _may_prepare(self, connection: Any) -> bool:
        return super()._may_prepare(connection) and not connection.in_atomic_block
