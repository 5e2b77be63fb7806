"""Writes tables as CSV, JSON Lines and XLSX: row by row in constant memory, and inert in a spreadsheet.

A spreadsheet runs a cell such as "=cmd()", so in CSV and XLSX a text that begins like a formula
gets an apostrophe in front. JSON Lines are read by programs and keep every text as it is.
"""

import csv
import fcntl
import json
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Any

import xlsxwriter
from django.utils import timezone
from xlsxwriter.worksheet import Worksheet

from jobs.safe_text import CUT

CSV_TYPE = "text/csv; charset=utf-8"
JSON_LINES_TYPE = "application/x-ndjson"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What OWASP lists, with the full-width twins that some spreadsheets take for the same.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (the twins are meant)
UNPACKED = "backoffice-xlsx-"  # how the directories of workbooks at work begin
LEFT_AFTER_SECONDS = 24 * 3600  # no job runs that long
XLSX_TEXT_LIMIT = 32_767  # UTF-16 units in a cell; XlsxWriter leaves a longer text out


class Kind(Enum):
    """What a column holds; its value is the number format of a spreadsheet cell."""

    TEXT = "@"
    NUMBER = "#,##0"
    SECONDS = "#,##0.000"
    PERCENT = '0.0"%"'  # of 100, not of 1
    MOMENT = "yyyy-mm-dd hh:mm:ss"
    DAY = "yyyy-mm-dd"


LEFT, RIGHT = {"align": "left", "indent": 1}, {"align": "right"}
ALIGNED = {kind: LEFT if kind in (Kind.TEXT, Kind.MOMENT, Kind.DAY) else RIGHT for kind in Kind}
CELL = {"valign": "top"}
HEADER = {
    "bold": True,
    "bg_color": "#1F3A4D",
    "font_color": "white",
    "text_wrap": True,
    "valign": "vcenter",
}


@dataclass(frozen=True)
class Column:
    """A column: `name` heads it in CSV and JSON, `title` in a spreadsheet, where it is `width` characters wide."""

    name: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 12


def inert(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_csv(file: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table as CSV: a line of names, then the rows; times as RFC 3339."""
    # The byte order mark: Excel reads UTF-8 as the machine's old code page without it.
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
    """A value of a row as one cell; lists and objects as JSON text."""
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
        text.detach()  # else the wrapper closes the file, which is not its own


class Workbook:
    """An XLSX file while it is written; `book` is XlsxWriter's. Rows of a sheet can only be added below.

    A text longer than a cell holds is cut, marked "… (cut)" and counted in `cut_cells`.
    """

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.cut_cells = 0
        self.heading = book.add_format({"bold": True, "font_size": 16, "font_color": "#1F3A4D"})
        self.note = book.add_format({"font_color": "#666666"})
        self._headers = {kind: book.add_format(HEADER | ALIGNED[kind]) for kind in Kind}
        self._cells = {
            kind: book.add_format(CELL | ALIGNED[kind] | {"num_format": kind.value})
            for kind in Kind
        }

    def add_sheet(self, title: str, columns: Sequence[Column]) -> Worksheet:
        """A new sheet with the columns' widths, printed on landscape pages as wide as the table."""
        sheet = self.book.add_worksheet(title)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&RPage &P of &N")
        return sheet

    def add_table(
        self,
        sheet: Worksheet,
        columns: Sequence[Column],
        rows: Iterable[Sequence[Any]],
        top: int = 0,
    ) -> int:
        """Write a header at row `top` and the rows below; returns the number of the last row written."""
        sheet.set_row(top, 32)  # points: room for a title of two lines
        for number, column in enumerate(columns):
            title = f"{column.title} (UTC)" if column.kind is Kind.MOMENT else column.title
            sheet.write_string(top, number, title, self._headers[column.kind])
        writers = [self._writer(sheet, column.kind) for column in columns]
        last = top
        for last, row in enumerate(rows, top + 1):
            for number, (write, value) in enumerate(zip(writers, row, strict=True)):
                if value is not None and value != "":
                    write(last, number, value)
        return last

    def write(self, sheet: Worksheet, row: int, column: int, kind: Kind, value: Any) -> None:
        """Write one cell; None leaves it empty."""
        if value is not None:
            self._writer(sheet, kind)(row, column, value)

    def text(self, value: Any) -> str:
        """`value` as the text of a cell: inert, and cut if it is too long."""
        text = xlsx_text(str(plain(value)))
        if 2 * len(text) <= XLSX_TEXT_LIMIT or len(text.encode("utf-16-le")) <= 2 * XLSX_TEXT_LIMIT:
            return text
        self.cut_cells += 1
        kept = text.encode("utf-16-le")[: 2 * (XLSX_TEXT_LIMIT - len(CUT))]
        return kept.decode("utf-16-le", "ignore") + CUT

    def _writer(self, sheet: Worksheet, kind: Kind) -> Any:
        cell = self._cells[kind]
        if kind is Kind.TEXT:
            return lambda row, column, value: sheet.write_string(
                row, column, self.text(value), cell
            )
        if kind is Kind.MOMENT:
            return lambda row, column, value: _write_moment(sheet, row, column, value, cell)
        if kind is Kind.DAY:
            return lambda row, column, value: sheet.write_datetime(row, column, value, cell)
        return lambda row, column, value: sheet.write_number(row, column, value, cell)


def _write_moment(sheet: Worksheet, row: int, column: int, moment: datetime, cell: Any) -> None:
    if 1900 < moment.year < 9999:
        # A cell holds no zone. In local time a job of the hour that comes twice would end before it
        # began.
        sheet.write_datetime(row, column, moment.astimezone(UTC).replace(tzinfo=None), cell)
    else:  # a spreadsheet has no such date
        sheet.write_string(row, column, moment.isoformat(), cell)


def cut_note(cells: int) -> str:
    """Say how many cells were cut, for the log of a job."""
    what = "1 cell was" if cells == 1 else f"{cells:,} cells were"
    return (
        f"{what} longer than the {XLSX_TEXT_LIMIT:,} characters that a spreadsheet holds, and cut;"
        f" the mark is “{CUT}”. CSV and JSON Lines hold the whole text."
    )


def xlsx_text(text: str) -> str:
    """`text` as a cell of a spreadsheet takes it, inert."""
    if text.startswith("<r>"):  # XlsxWriter would let "<r>...</r>" into its XML as it stands
        text = f"'{text}"
    return inert(text)


def local(moment: datetime) -> datetime:
    """An aware moment in the site's time zone."""
    return timezone.localtime(moment, timezone.get_default_timezone())


def _sweep() -> None:
    """Delete what workbooks of killed workers left behind: on a disk nothing else would.

    A living worker holds a lock: by a clock that was set forward its files would look old.
    """
    for left in Path(gettempdir()).glob(f"{UNPACKED}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > LEFT_AFTER_SECONDS:
                with _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(left, ignore_errors=True)


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    """Hold a lock on the directory, which ends with this process; OSError if another process holds it."""
    with (directory / "lock").open("a") as lock:
        fcntl.flock(lock, how)
        yield


@contextmanager
def workbook(file: IO[bytes]) -> Iterator[Workbook]:
    """A workbook that is in `file` when the block is left without an error."""
    _sweep()
    with TemporaryDirectory(prefix=UNPACKED) as directory, _locked(Path(directory), fcntl.LOCK_SH):
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": directory})
        book.use_zip64()
        try:
            yield Workbook(book)
        except BaseException:
            for sheet in book.worksheets():
                sheet._opt_close()  # its rows so far; close() would pack them first
            raise
        book.close()
