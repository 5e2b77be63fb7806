"""How migrations change tables: they wait only briefly for a lock, and can be run again."""

from contextlib import suppress
from typing import Any, Self

from django.db import Error
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

LOCK_TIMEOUT = "2s"


class SchemaEditor(DatabaseSchemaEditor):
    """Django's, with two changes.

    A statement that waits for the lock of a table fails after LOCK_TIMEOUT, because all statements
    of other sessions wait behind it. Statements with CONCURRENTLY block no session, and may wait.

    Building an index concurrently skips one that exists, and replaces an invalid one that an
    interrupted build left behind. So a migration that ended halfway can be run again.
    """

    sql_create_index_concurrently = DatabaseSchemaEditor.sql_create_index_concurrently.replace(
        "CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS"
    )
    _limit = ""

    def __enter__(self) -> Self:
        """Begin the migration."""
        super().__enter__()
        self._limit_locks(LOCK_TIMEOUT)
        return self

    def __exit__(self, *failure: Any) -> None:
        """Commit or roll back; the next statements of the session wait as before."""
        super().__exit__(*failure)
        if self._limit and not self.atomic_migration:
            with suppress(Error), self.connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Run a statement."""
        self._limit_locks("0" if "CONCURRENTLY" in str(sql).upper() else LOCK_TIMEOUT)
        super().execute(sql, params)

    def add_index(self, model: Any, index: Any, concurrently: bool = False) -> None:
        """Build an index."""
        if concurrently and not self.collect_sql and self._is_left_invalid(index.name):
            self.execute(self.sql_delete_index_concurrently % {"name": self.quote_name(index.name)})
        super().add_index(model, index, concurrently=concurrently)

    def _limit_locks(self, limit: str) -> None:
        if self.collect_sql or limit == self._limit:
            return
        with self.connection.cursor() as cursor:
            is_local = self.atomic_migration
            cursor.execute("SELECT set_config('lock_timeout', %s, %s)", [limit, is_local])
        self._limit = limit

    def _is_left_invalid(self, name: str) -> bool:
        query = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
        with self.connection.cursor() as cursor:
            cursor.execute(query, [self.quote_name(name)])
            return cursor.fetchone() is not None
