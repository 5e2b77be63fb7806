"""Pages of a list by keyset: the next page starts behind the last row, even if rows were added."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from rest_framework.request import Request

from jobs.api.http.faults import Faults
from jobs.api.http.query import bad_value, flag, whole_number
from jobs.models import Job, JobQuerySet, Status

PAGE_SIZE = 50
PAGE_SIZE_LIMIT = 200
COUNT_LIMIT = 10_000
PARAMETERS = ("cursor", "page_size", "count")


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: behind the row with these values, or before it when it looks `back`."""

    back: bool
    values: tuple[Any, ...]

    def __str__(self) -> str:
        text = json.dumps([self.back, *self.values], default=str, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(text: str, columns: tuple[str, ...]) -> Cursor:
    """The cursor in `text`, each value parsed by the type of its column.

    Raises: Problem (400).
    """
    try:
        back, *values = json.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        parsed = [_position(column, value) for column, value in zip(columns, values, strict=True)]
        if not isinstance(back, bool) or None in parsed:
            raise ValueError("not a position")
    except (ValueError, TypeError, ValidationError, OverflowError, RecursionError) as error:
        detail = "This is not a cursor of this list; take it from `next` or `previous`."
        raise bad_value("cursor", detail) from error
    return Cursor(back, tuple(parsed))


def _position(column: str, value: Any) -> Any:
    found = cast(Field, Job._meta.get_field(column)).to_python(value)
    # In UTC: PostgreSQL refuses zones more than 16 hours off, which Python takes.
    return found.astimezone(UTC) if isinstance(found, datetime) else found


@dataclass(frozen=True)
class Wanted:
    """The page that a request asks for: how many rows, from where on, and whether all are counted."""

    size: int
    cursor: Cursor | None
    counted: bool


def wanted(request: Request, order: tuple[str, ...] | None) -> Wanted:
    """What the query asks for; the cursor is read if the `order` is known.

    Raises: Problem (400) with every error found.
    """
    faults = Faults()
    size = faults.check(
        whole_number, request, "page_size", default=PAGE_SIZE, least=1, most=PAGE_SIZE_LIMIT
    )
    counted = faults.check(flag, request, "count")
    text, cursor = request.query_params.get("cursor"), None
    if text is not None and order is not None:
        cursor = faults.check(parse_cursor, text, tuple(name.removeprefix("-") for name in order))
    faults.refuse()
    return Wanted(size, cursor, counted)


def page(
    jobs: JobQuerySet,
    request: Request,
    asked: Wanted,
    order: tuple[str, ...],
    *,
    statuses: Collection[str],
) -> dict[str, Any]:
    """One page of `jobs` by `order` ("-id"; the last column is unique), with the links to its neighbours.

    `statuses` are all that occur among `jobs`.
    """
    columns = tuple(name.removeprefix("-") for name in order)
    size, cursor = asked.size, asked.cursor
    back = cursor is not None and cursor.back
    counted = _count(jobs) if asked.counted else {}
    if columns[0] == "finished_at":
        # None of them lacks it, but only so does PostgreSQL see that its partial index holds them
        # all.
        jobs, statuses = jobs.filter(finished_at__isnull=False), ()
    if cursor is not None:
        jobs = jobs.filter(_behind(order, cursor))
    turned = [_turned(name) if back else name for name in order]
    rows = list(_first(jobs, size + 1, turned, statuses, sorts="name" in request.query_params))
    more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()

    def link(row: Job, *, back: bool) -> str:
        new = Cursor(back, tuple(getattr(row, column) for column in columns))
        return _with_cursor(request, str(new))

    return {
        "next": link(rows[-1], back=False) if rows and (more or back) else None,
        "previous": link(rows[0], back=True) if rows and (more if back else cursor) else None,
        **counted,
        "results": rows,
    }


def _first(
    jobs: JobQuerySet, size: int, order: Sequence[str], statuses: Collection[str], *, sorts: bool
) -> QuerySet[Job]:
    """The first of `jobs` in `order`: of several statuses those of each, merged.

    An index keeps the order within one status: without this PostgreSQL would walk past all that
    wait to what failed. No index keeps it within the names that begin alike: where it `sorts`, it
    must do so without reading the rows.
    """
    if sorts:
        ids = jobs.order_by(*order).values("id")[:size]
        return Job.objects.without_large().filter(id__in=ids).order_by(*order)
    if not 1 < len(statuses) < len(Status) or jobs.query.is_empty():
        return jobs.order_by(*order)[:size]
    parts = [jobs.filter(status=one).order_by(*order)[:size] for one in statuses]
    return parts[0].union(*parts[1:], all=True).order_by(*order)[:size]


def _count(jobs: JobQuerySet) -> dict[str, Any]:
    found = jobs.order_by()[: COUNT_LIMIT + 1].count()
    return {"count": min(found, COUNT_LIMIT), "count_capped": found > COUNT_LIMIT}


def _behind(order: tuple[str, ...], cursor: Cursor) -> Q:
    """Rows behind the cursor: the first column bounds the index scan, the others break its ties."""
    first, *others = order
    value, *rest = cursor.values
    column = first.removeprefix("-")
    direction = "lt" if first.startswith("-") != cursor.back else "gt"
    if not others:
        return Q((f"{column}__{direction}", value))
    tied = ~Q((column, value)) | _behind(tuple(others), Cursor(cursor.back, tuple(rest)))
    return Q((f"{column}__{direction}e", value)) & tied


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _with_cursor(request: Request, cursor: str) -> str:
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
