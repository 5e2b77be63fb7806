"""Model instances from rows of SQL that Django composed and did not run."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model


def instance_of_row(
    model: type[Model], row: Sequence[Any], *, using: str = DEFAULT_DB_ALIAS
) -> Any:
    """Return the instance whose columns have the values of `row`, converted as Django does.

    A site's user model may have fields that are not stored as they are read, such as JSON.
    """
    values = list(row)
    for position, column, convert in _converters(model, using):
        values[position] = convert(values[position], column, connections[using])
    return model.from_db(using, columns_of(model), values)


@cache
def columns_of(model: type[Model]) -> list[str]:
    """Return the attributes of the columns, in the order in which Django selects them."""
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _converters(model: type[Model], using: str) -> list[tuple[int, Any, Callable[..., Any]]]:
    connection = connections[using]
    columns = [field.get_col(model._meta.db_table) for field in model._meta.concrete_fields]
    return [
        (position, column, convert)
        for position, column in enumerate(columns)
        for convert in (
            *connection.ops.get_db_converters(column),
            *column.get_db_converters(connection),
        )
    ]
