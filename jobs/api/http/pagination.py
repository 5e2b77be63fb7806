"""Pages of a list by keyset: the next page starts after the last row, even if rows were added."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from rest_framework.request import Request

from jobs.api.http.requests import Faults, invalid_parameter, read_flag, read_integer
from jobs.api.job_values import SUMMARY_COLUMNS
from jobs.database import instances_with
from jobs.filters import JobFilters
from jobs.models import Job

PAGE_SIZE = 50
PAGE_SIZE_LIMIT = 200
COUNT_LIMIT = 10_000
PARAMETERS = ("cursor", "page_size", "count")
SORTED_IDS_FIRST = {"q", "name", "error"}


@dataclass(frozen=True)
class Cursor:
    """Where a page starts: after the row with these values, or before it if `back`."""

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
        detail = "This is not a cursor of this list; use one from `next` or `previous`."
        raise invalid_parameter("cursor", detail) from error
    return Cursor(back, tuple(parsed))


def _position(column: str, value: Any) -> Any:
    parsed = cast(Field, Job._meta.get_field(column)).to_python(value)
    # In UTC: PostgreSQL refuses zones more than 16 hours off, which Python accepts.
    return parsed.astimezone(UTC) if isinstance(parsed, datetime) else parsed


@dataclass(frozen=True)
class PageRequest:
    """The page that the query asks for; `counted` adds the number of all rows."""

    size: int
    cursor: Cursor | None
    counted: bool


def read_page_request(request: Request, order: tuple[str, ...] | None) -> PageRequest:
    """The page that the query asks for; the cursor is read only if the `order` is known.

    Raises: Problem (400) with every error found.
    """
    faults = Faults()
    size = faults.check(
        read_integer, request, "page_size", default=PAGE_SIZE, least=1, most=PAGE_SIZE_LIMIT
    )
    counted = faults.check(read_flag, request, "count")
    text, cursor = request.query_params.get("cursor"), None
    if text is not None and order is not None:
        cursor = faults.check(parse_cursor, text, tuple(name.removeprefix("-") for name in order))
    faults.refuse()
    return PageRequest(size, cursor, counted)


def paginate(
    filters: JobFilters, request: Request, page_request: PageRequest, order: tuple[str, ...]
) -> dict[str, Any]:
    """One page of the jobs that match: its rows as `results`, and links to its neighbours.

    `order` is as in order_by; its last column is unique.
    """
    columns = tuple(name.removeprefix("-") for name in order)
    cursor = page_request.cursor
    back = cursor is not None and cursor.back
    count = _count(filters, order) if page_request.counted else {}
    after = Q() if cursor is None else _after(order, cursor)
    size, scan_order = page_request.size, [_opposite(name) if back else name for name in order]
    rows = instances_with(_first_rows(filters, after, size + 1, scan_order), SUMMARY_COLUMNS)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()

    def link(row: Job, *, back: bool) -> str:
        new = Cursor(back, tuple(getattr(row, column) for column in columns))
        return _with_cursor(request, str(new))

    return {
        "next": link(rows[-1], back=False) if rows and (more or back) else None,
        "previous": link(rows[0], back=True) if rows and (more if back else cursor) else None,
        **count,
        "results": rows,
    }


def _first_rows(filters: JobFilters, after: Q, size: int, order: Sequence[str]) -> QuerySet[Job]:
    """Return the first `size` rows that match the filters and the condition `after`."""
    jobs = filters.first(order, size, jobs=filters.in_any_status.filter(after))
    if SORTED_IDS_FIRST & filters.given:
        # No index keeps words in this order. So PostgreSQL sorts ids alone, and reads only the rows
        # of the page.
        ids = jobs.values("id")[:size]
        return Job.objects.filter(id__in=ids).order_by(*order)
    return jobs[:size]


def _count(filters: JobFilters, order: tuple[str, ...]) -> dict[str, Any]:
    jobs = filters.first(order, COUNT_LIMIT + 1, is_sorted=False)
    found = jobs[: COUNT_LIMIT + 1].count()
    return {"count": min(found, COUNT_LIMIT), "count_capped": found > COUNT_LIMIT}


def _after(order: tuple[str, ...], cursor: Cursor) -> Q:
    """Rows after the cursor: the first column bounds the index scan, the others break its ties."""
    first, *others = order
    value, *rest = cursor.values
    column = first.removeprefix("-")
    direction = "lt" if first.startswith("-") != cursor.back else "gt"
    if not others:
        return Q((f"{column}__{direction}", value))
    tied = ~Q((column, value)) | _after(tuple(others), Cursor(cursor.back, tuple(rest)))
    return Q((f"{column}__{direction}e", value)) & tied


def _opposite(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _with_cursor(request: Request, cursor: str) -> str:
    query = dict(request.query_params.lists()) | {"cursor": [cursor]}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query, doseq=True)}")
