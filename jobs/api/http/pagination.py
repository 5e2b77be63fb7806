"""Pages of a list by keyset: the next page starts after the last row, even if rows were added."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from rest_framework.request import Request

from jobs.api.http.requests import Faults, invalid_parameter, read_flag, read_integer
from jobs.models import Job, JobQuerySet, Status

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
    jobs: JobQuerySet,
    request: Request,
    page_request: PageRequest,
    order: tuple[str, ...],
    statuses: Collection[str],
) -> dict[str, Any]:
    """One page of `jobs`: its rows as `results`, and links to its neighbours.

    `order` is as in order_by; its last column is unique. `statuses` are all that occur in `jobs`.
    """
    columns = tuple(name.removeprefix("-") for name in order)
    cursor = page_request.cursor
    back = cursor is not None and cursor.back
    count = _count(jobs) if page_request.counted else {}
    if columns[0] == "finished_at":
        # All settled jobs have it, but PostgreSQL uses its partial index only with this condition.
        jobs, statuses = jobs.filter(finished_at__isnull=False), ()
    if cursor is not None:
        jobs = jobs.filter(_after(order, cursor))
    scan_order = [_opposite(name) if back else name for name in order]
    size, by_words = page_request.size, bool(SORTED_IDS_FIRST & request.query_params.keys())
    rows = list(_first_rows(jobs, size + 1, scan_order, statuses, sorts_ids_first=by_words))
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


def _first_rows(
    jobs: JobQuerySet,
    size: int,
    order: Sequence[str],
    statuses: Collection[str],
    *,
    sorts_ids_first: bool,
) -> QuerySet[Job]:
    """Return the first `size` rows of `jobs` in `order`.

    For several statuses: the first rows of each, merged, because an index keeps the order within
    one status only. Without the merge PostgreSQL would walk past all waiting jobs to the failed
    ones. With `sorts_ids_first` (words, which no index keeps in order) PostgreSQL sorts ids alone,
    and reads only the rows of the page.
    """
    if sorts_ids_first:
        ids = jobs.order_by(*order).values("id")[:size]
        return Job.objects.without_large().filter(id__in=ids).order_by(*order)
    if not 1 < len(statuses) < len(Status) or jobs.query.is_empty():
        return jobs.order_by(*order)[:size]
    parts = [jobs.filter(status=one).order_by(*order)[:size] for one in statuses]
    return parts[0].union(*parts[1:], all=True).order_by(*order)[:size]


def _count(jobs: JobQuerySet) -> dict[str, Any]:
    found = jobs.order_by()[: COUNT_LIMIT + 1].count()
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
    query = request.query_params.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
