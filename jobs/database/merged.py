"""The first rows of a list that no index keeps in order: the first of several scans, merged.

An index that begins with other columns keeps the order only among rows that are equal in these.
So a list reads its first rows from one scan for each combination of their values, and sorts those
few. A plain IN or a condition on a later column makes PostgreSQL sort all rows that match, or walk
past all that do not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

Rows = TypeVar("Rows", bound="QuerySet[Any]")


@dataclass(frozen=True)
class Scan(Generic[Rows]):
    """Rows that an index keeps in the order of the list.

    With `column` there is one scan for each value of that column; `values` is an SQL query of them,
    with `params`.
    """

    rows: Rows
    column: str = ""
    values: str = ""
    params: Sequence[Any] = ()

    def first(
        self, columns: Sequence[str], order: Sequence[str], limit: int
    ) -> tuple[str, list[Any]]:
        """Return a query of the first rows of each of its scans, and its parameters."""
        rows = self.rows
        if self.column:
            rows = rows.filter(**{self.column: RawSQL("known.value", ())})
        part, params = rows.order_by(*order).values_list(*columns)[:limit].query.sql_with_params()
        if not self.column:
            return f"({part})", list(params)
        names = ", ".join(f"picked.{column}" for column in columns)
        sql = f"(SELECT {names} FROM ({self.values}) AS known(value), LATERAL ({part}) AS picked)"
        return sql, [*self.params, *params]


def distinct_values(table: str, column: str, where: str = "TRUE") -> str:
    """Return a query of the distinct values of `column`, in order, by one index probe for each.

    SELECT DISTINCT reads every row. An index must begin with `column`, and be partial by `where` if
    that is given.
    """
    return f"""WITH RECURSIVE known(value) AS (
            SELECT min({column}) FROM {table} WHERE {where}
            UNION ALL
            SELECT (SELECT min({column}) FROM {table} WHERE {where} AND {column} > known.value)
            FROM known WHERE known.value IS NOT NULL
        )
        SELECT value FROM known WHERE value IS NOT NULL"""


def scan_of_each(rows: Rows, column: str, where: str, *params: Any) -> Scan[Rows]:
    """Return a scan of `rows` for each value that `column` has in rows with the condition `where`.

    An index must begin with what `where` compares, and then `column`.
    """
    values = distinct_values(rows.model._meta.db_table, column, where)  # it has `where` twice
    return Scan(rows, column, values, params * 2)


class EqualsAny(Exact):
    """The condition that a column equals an element of an array: `id = ANY (ARRAY(SELECT ...))`.

    PostgreSQL may answer IN by walking all rows from the first of the list.
    """

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY {rhs}"


def merged(
    scans: Iterable[Scan[Any]],
    columns: Sequence[str],
    order: Sequence[str],
    limit: int,
    *,
    is_sorted: bool = True,
) -> tuple[str, list[Any]]:
    """Return a query of `columns` of the first `limit` rows of all scans, and its parameters.

    Each of `order` must be one of the columns. Without `is_sorted` the query returns any rows of
    the scans, and reads no more than `limit`.
    Raises: EmptyResultSet if there can be none.
    """
    parts: list[str] = []
    values: list[Any] = []
    for scan in scans:
        try:
            part, params = scan.first(columns, order, limit)
        except EmptyResultSet:
            continue
        parts.append(part)
        values += params
    if not parts:
        raise EmptyResultSet
    ordered = f"ORDER BY {', '.join(map(_sort_key, order))}" if is_sorted else ""
    return f"{' UNION ALL '.join(parts)} {ordered} LIMIT {limit}", values


def _sort_key(name: str) -> str:
    return f"{name[1:]} DESC" if name.startswith("-") else name


def with_ids_of(
    rows: Rows,
    scans: Iterable[Scan[Any]],
    order: Sequence[str],
    limit: int,
    *,
    is_sorted: bool = True,
) -> Rows:
    """Return those of `rows` whose ids are the first `limit` of all scans, in `order`.

    Without `is_sorted` they are any that the scans find.
    """
    columns = tuple(dict.fromkeys(["id", *(name.removeprefix("-") for name in order)]))
    try:
        sql, params = merged(scans, columns, order, limit, is_sorted=is_sorted)
    except EmptyResultSet:
        return rows.none()
    ids = RawSQL(f"ARRAY(SELECT id FROM ({sql}) AS first)", params)
    return rows.filter(EqualsAny(F("id"), ids)).order_by(*order)
