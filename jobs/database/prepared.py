"""Statements that PostgreSQL parses and plans once in ten seconds for each connection.

Planning the statement of a claim costs PostgreSQL 140 microseconds, that of an outcome 200, and
parsing them as much again: more than running them.
"""

import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from django.db import Error, connections

from jobs.database.trouble import explain

logger = logging.getLogger(__name__)

# A plan that was made while the table was small may read all of it, and PostgreSQL keeps the plan
# until it analyzes the table.
PLAN_SECONDS = 10.0

PARAMETER = re.compile(r"%\((\w+)\)s")
# SQLSTATEs of a prepared statement that is not what the connection made it: a pooler gave the
# connection another session (unknown, or known twice), or a migration changed a column's type.
LOST = ("26000", "42P05", "0A000")
NOT_PREPARED = "Statements are no longer prepared here. Behind a pooler set PREPARED_STATEMENTS=0."


class PreparedStatement:
    """A statement with named parameters, prepared at its first use on each connection.

    Where the option `prepared_statements` of the database is off, it is sent as a whole each time.
    """

    def __init__(self, name: str, sql: str, types: Mapping[str, str]) -> None:
        self._name = name
        self._sql = sql
        names = list(dict.fromkeys(PARAMETER.findall(sql)))
        numbered = PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", sql)
        declared = ", ".join(types[one] for one in names)
        self._forget = f"DEALLOCATE {name}; "
        self._prepare = f"PREPARE {name} ({declared}) AS {numbered.replace('%%', '%')}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({one})s' for one in names)})"

    def rows(self, values: Mapping[str, Any], *, using: str) -> list[tuple[Any, ...]]:
        """Execute the statement and return its rows, as psycopg2 has them.

        Raises: django.db.Error.
        """
        connection: Any = connections[using]
        with connection.cursor() as cursor:
            if not connection.can_prepare:
                cursor.execute(self._sql, values)
                return list(cursor.fetchall())
            try:
                prepared_at = connection.prepared.get(self._name)
                now = time.monotonic()
                if prepared_at is None or now - prepared_at > PLAN_SECONDS:
                    cursor.execute((self._forget if prepared_at else "") + self._prepare)
                    connection.prepared[self._name] = now
                cursor.execute(self._execute, values)
            except Error as error:
                if getattr(error.__cause__, "pgcode", None) not in LOST:
                    raise
                connection.can_prepare = False
                logger.warning("%s %s", explain(error), NOT_PREPARED)
                if connection.in_atomic_block:
                    raise
                cursor.execute(self._sql, values)
            return list(cursor.fetchall())
