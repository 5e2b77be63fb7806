"""Several reads in one statement: what a page shows together costs one round trip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, Error, connection, models

from jobs.database import Trouble, trouble


@dataclass(frozen=True)
class Read:
    """One read of such a statement: `sql` selects one JSON value, `load` makes it the result."""

    sql: str
    values: tuple[Any, ...] = ()
    load: Callable[[Any], Any] = lambda value: value

    @cached_property
    def key(self) -> tuple[str, str]:
        """Return what equals that of another read if both read the same."""
        return self.sql, str(self.values)

    def with_values(self, by_placeholder: Mapping[Any, Any]) -> "Read":
        """Return the read with other values in place of the placeholders among its values."""
        # Values may be lists, which are no keys; a placeholder is a plain object().
        values = tuple(
            by_placeholder.get(one, one) if type(one) is object else one for one in self.values
        )
        return Read(self.sql, values, self.load)

    def then(self, make: Callable[[Any], Any]) -> "Read":
        """Return the read whose result is what `make` makes of that of this one."""
        return Read(self.sql, self.values, lambda value: make(self.load(value)))


def read_together(
    reads: Mapping[str, Read], milliseconds: int | None = None
) -> dict[str, Any] | None:
    """Return the JSON value of each read, before its `load`; None on a timeout. One query.

    Raises: django.db.Error for every other failure.
    """
    if not reads:
        return {}
    sql = f"SELECT {', '.join(f'({read.sql})' for read in reads.values())}"
    values = [value for read in reads.values() for value in read.values]
    row = first_row_in_time(sql, values, milliseconds)
    return None if row is None else dict(zip(reads, row, strict=True))


def joined_read(reads: Mapping[str, Read]) -> Read:
    """Return the read that reads several, as a dict of their results."""
    pairs = ", ".join(f"'{name}', ({read.sql})" for name, read in reads.items())
    return Read(
        f"SELECT json_build_object({pairs})",
        tuple(value for read in reads.values() for value in read.values),
        lambda found: {name: read.load(found[name]) for name, read in reads.items()},
    )


def first_row_in_time(
    sql: str, values: Sequence[Any], milliseconds: int | None = None
) -> tuple[Any, ...] | None:
    """Return the first row of a query; None on a timeout.

    Raises: django.db.Error for every other failure.
    """
    # Two statements in one round trip: PostgreSQL runs both in one transaction, and the limit ends
    # with it.
    limit = f"SET LOCAL statement_timeout = {milliseconds}; " if milliseconds else ""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"{limit}{sql}", values)
            row: tuple[Any, ...] = cursor.fetchone()
            return row
    except Error as error:
        if trouble(error) is not Trouble.TOO_SLOW:
            raise
        return None


def rows_read(
    sql: str, values: Sequence[Any] = (), load: Callable[[Any], Any] = lambda rows: rows
) -> Read:
    """Return the read that reads the rows of a query, each as a dict of its columns."""
    return Read(f"SELECT coalesce(json_agg(row), '[]') FROM ({sql}) AS row", tuple(values), load)


def values_read(values: "models.QuerySet[Any, Any]", load: Callable[[Any], Any]) -> Read:
    """Return the read that reads the one column of a queryset of values, as a list."""
    try:
        sql, params = values.query.sql_with_params()
    except EmptyResultSet:
        return Read("SELECT '[]'::json")
    return Read(
        f"SELECT coalesce(json_agg(value), '[]') FROM ({sql}) AS row(value)",
        params,
        lambda found: [load(one) for one in found],
    )


def objects_read(objects: "models.QuerySet[Any]") -> Read:
    """Return the read that reads the objects of a queryset without joins, as a list.

    Annotations become attributes. Deferred columns are not read.
    """
    model = objects.model
    try:
        sql, values = objects.query.sql_with_params()
    except EmptyResultSet:
        return Read("SELECT '[]'::json", (), list)
    converters = {one.column: _CONVERTERS.get(type(one)) for one in model._meta.concrete_fields}

    def load(rows: list[dict[str, Any]]) -> list[Any]:
        return [_instance(model, converters, row) for row in rows]

    return rows_read(sql, values, load)


def _instance(model: Any, converters: Mapping[str, Any], row: dict[str, Any]) -> Any:
    names, values, annotations = [], [], {}
    for name, value in row.items():
        if name not in converters:
            annotations[name] = value
            continue
        convert = converters[name]
        names.append(name)
        values.append(value if convert is None or value is None else convert(value))
    made = model.from_db(DEFAULT_DB_ALIAS, names, values)
    made.__dict__.update(annotations)
    return made


# Of the columns that JSON does not have; those of a name are the attributes of the model.
_CONVERTERS: dict[Any, Callable[[str], Any]] = {
    models.DateTimeField: datetime.fromisoformat,
    models.UUIDField: UUID,
}
