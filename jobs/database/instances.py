"""Model instances from rows of SQL that Django composed, whole or in part, and did not run."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet


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


def instances_with(rows: "QuerySet[Any]", columns: tuple[str, ...]) -> list[Any]:
    """Return the instances that a query finds, with these columns; the others are deferred.

    The first column is the primary key. Django composes the query for that one alone: with the 40
    columns of a job it takes a fifth of the CPU of a list of 50.
    """
    try:
        sql, params = rows.values_list("pk").query.sql_with_params()
    except EmptyResultSet:
        return []
    model: type[Model] = rows.model
    using = rows.db
    _, _, source = sql.partition(" FROM ")
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {_columns_sql(model, columns)} FROM {source}", params)
        return [model.from_db(using, columns, row) for row in cursor.fetchall()]


@cache
def _columns_sql(model: type[Model], columns: tuple[str, ...]) -> str:
    """Return the columns as SQL. They must be stored as they are read: JSON is not."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    assert fields[columns[0]].primary_key
    return ", ".join(f'"{model._meta.db_table}"."{fields[name].column}"' for name in columns)


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
