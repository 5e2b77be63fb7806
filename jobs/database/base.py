"""Django's PostgreSQL backend with session parameters and a health check that demands a primary.

Django loads it by the ENGINE of settings.DATABASES.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any

import psycopg2
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.postgresql import base

from jobs.database.application_name import application_name
from jobs.database.hosts import first_usable
from jobs.database.prepared import PreparedStatement
from jobs.database.schema_editor import SchemaEditor

FIRST_OR_NULLS = """SELECT {columns}
        FROM (SELECT) AS one LEFT JOIN ({sql} LIMIT 1) AS first ON TRUE"""

CLOSED = ("server closed the connection unexpectedly", "SSL connection has been closed")
CLOSED_AT_ONCE = (
    "the connection was closed at its first statement; a pooler does so while its server is away,"
    " or if its pool is full: then raise default_pool_size there"
)


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection. Two entries of OPTIONS are its own.

    `session` maps PostgreSQL's parameters to the values that it sets; `prepared_statements` says
    whether PreparedStatement may prepare on it.
    """

    SchemaEditorClass = SchemaEditor
    _session: dict[str, str] = {}  # the values that were set, as PostgreSQL spells them

    def __init__(self, settings_dict: dict[str, Any], alias: str = DEFAULT_DB_ALIAS) -> None:
        super().__init__(settings_dict, alias)
        # By name of each statement that the connection has prepared: its name in the session, and
        # when it was prepared, by time.monotonic().
        self.prepared: dict[str, tuple[str, float]] = {}
        self.prepare_numbers = count(1)
        self.can_prepare = False  # until it is connected

    def get_connection_params(self) -> dict[str, Any]:
        """Return the parameters for psycopg2: Django's, with the name of this process.

        The options of this module are left out.
        """
        params: dict[str, Any] = super().get_connection_params()
        params.pop("session", None)
        params.pop("prepared_statements", None)
        return params | application_name(params)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect to the first host that can be used."""
        return first_usable(super().get_new_connection, conn_params)

    def init_connection_state(self) -> None:
        """Set the session's parameters; close the connection if PostgreSQL refuses them.

        Raises: psycopg2.OperationalError that names the pooler, if the connection is closed at its
        first statement: libpq drops what the pooler said.
        """
        self.prepared.clear()
        self.can_prepare = bool(self.settings_dict["OPTIONS"].get("prepared_statements"))
        try:
            super().init_connection_state()
            self._set_session()
        except BaseException as error:
            self.close()
            if str(error).startswith(CLOSED):
                raise psycopg2.OperationalError(CLOSED_AT_ONCE) from error
            raise

    def _set_session(self) -> None:
        # Poolers refuse libpq's `options`, or drop them silently.
        wanted = self.settings_dict["OPTIONS"].get("session")
        if not wanted:
            return
        calls = ", ".join("set_config(%s, %s, false)" for _ in wanted)
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {calls}", [text for pair in wanted.items() for text in pair])
            self._session = dict(zip(wanted, cursor.fetchone(), strict=True))

    def is_usable(self) -> bool:
        """Return whether the server answers, takes writes, and still has the session's parameters.

        Django calls it before the first statement of a request or a job, and after errors. After a
        failover a connection may lead to a standby: it works, but refuses every write until it is
        closed. Parameters are lost by RESET ALL, or where a pooler changes the server's connection.
        """
        if self.connection is None:
            return False
        expected = self._expected()
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {_current_settings(expected)}", [*expected])
                return bool(cursor.fetchone() == (*expected.values(),))
        except psycopg2.Error:
            return False

    def first_row(self, sql: str, values: Mapping[str, str]) -> tuple[Any, ...]:
        """Return the first row of a read, with which a request begins; NULLs if there is none.

        `values` are the texts of its named parameters. The read is a prepared statement, and the
        connection's health check at the same time, which saves another one. Where `is_usable` would
        be False, it is repeated once, on a new connection.

        Raises: django.db.Error.
        """
        is_new = self.connection is None or self.in_atomic_block
        self.health_check_done = True
        try:
            is_healthy, row = self._checked_row(sql, values)
            if is_healthy or is_new:
                return row
        except Error:
            if is_new or self.is_usable():
                raise
        self.close()
        return self._checked_row(sql, values)[1]

    def _checked_row(self, sql: str, values: Mapping[str, str]) -> tuple[bool, tuple[Any, ...]]:
        self.ensure_connection()  # sets the session
        expected = self._expected()
        statement = _checked_read(sql, tuple(values), tuple(expected))
        [row] = statement.rows(values, using=self.alias)
        settings = row[: len(expected)]
        return settings == (*expected.values(),), row[len(expected) :]

    def _expected(self) -> dict[str, str]:
        return {"transaction_read_only": "off", **self._session}


def first_row(sql: str, values: Mapping[str, str], *, using: str) -> tuple[Any, ...]:
    """Return the first row of a read; NULLs if there is none.

    By DatabaseWrapper.first_row, unless the project has another backend.
    """
    connection = connections[using]
    if isinstance(connection, DatabaseWrapper):
        return connection.first_row(sql, values)
    with connection.cursor() as cursor:
        cursor.execute(FIRST_OR_NULLS.format(columns="first.*", sql=sql), values)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


@cache
def _checked_read(sql: str, names: Sequence[str], settings: Sequence[str]) -> PreparedStatement:
    """Return a statement for the present values of `settings` and the first row of `sql`."""
    current = ", ".join(f"current_setting('{name}')" for name in settings)
    whole = FIRST_OR_NULLS.format(columns=f"{current}, first.*", sql=sql)
    return PreparedStatement("jobs_first_row", whole, dict.fromkeys(names, "text"))


def _current_settings(names: Iterable[str]) -> str:
    return ", ".join("current_setting(%s)" for _ in names)
