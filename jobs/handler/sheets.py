"""Writes tables as CSV and JSON Lines, row by row in constant memory; xlsx.py writes workbooks.

A spreadsheet runs a cell such as "=cmd()", so in CSV and XLSX a text that begins like a formula
gets an apostrophe in front. JSON Lines are read by programs and keep every text as it is.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from io import TextIOWrapper
from typing import IO, Any

from django.utils import timezone

CSV_TYPE = "text/csv; charset=utf-8"
JSON_LINES_TYPE = "application/x-ndjson"

# OWASP's list, with the full-width characters that some spreadsheets treat alike: hence the noqa.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


class Kind(Enum):
    """What a column holds; its value is the number format of a spreadsheet cell."""

    TEXT = "@"
    NUMBER = "#,##0"
    SECONDS = "#,##0.000"
    PERCENT = '0.0"%"'  # of 100, not of 1
    MOMENT = "yyyy-mm-dd hh:mm:ss"
    DAY = "yyyy-mm-dd"


@dataclass(frozen=True)
class Column:
    """A column: `name` is its header in CSV and JSON, `title` in a spreadsheet.

    There it is `width` characters wide.
    """

    name: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 12


def inert(text: str) -> str:
    """Return `text` with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as CSV: a line of names, then the rows; times as RFC 3339."""
    # Without the byte order mark Excel reads UTF-8 as the machine's old code page.
    with _as_text(file, "utf-8-sig") as text:
        writer = csv.writer(text)
        writer.writerow([column.name for column in columns])
        writer.writerows(
            [inert(cell) if isinstance(cell, str) else cell for cell in map(plain, row)]
            for row in rows
        )


def write_json_lines(
    file: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Any]]
) -> None:
    """Write a table as one JSON object a line; times as RFC 3339."""
    names = [column.name for column in columns]
    with _as_text(file, "utf-8") as text:
        for row in rows:
            values = dict(zip(names, row, strict=True))
            text.write(json.dumps(values, ensure_ascii=False, default=plain) + "\n")


def plain(value: Any) -> str | int | float | bool | None:
    """Return a value of a row as one cell; lists and objects are JSON text."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if isinstance(value, date) else str(value)


@contextmanager
def _as_text(file: IO[bytes], encoding: str) -> Iterator[TextIOWrapper]:
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield text
    finally:
        text.detach()  # else the wrapper closes the file, which its caller owns


def local(moment: datetime) -> datetime:
    """Return an aware moment in the site's time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone())
