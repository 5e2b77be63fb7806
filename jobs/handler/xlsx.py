"""Writes tables as XLSX, row by row in constant memory, with cells that no spreadsheet runs."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import IO, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from jobs.handler.sheets import Column, Kind, inert, plain
from jobs.safe_text import CUT
from jobs.storage import scratch_directory

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

UNPACKED = "backoffice-xlsx-"  # prefix of the directories of workbooks that are being written
XLSX_TEXT_LIMIT = 32_767  # UTF-16 units in a cell; XlsxWriter leaves a longer text out

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


class Workbook:
    """An XLSX file while it is written; `book` is XlsxWriter's.

    A sheet's rows are written from top to bottom. A text longer than a cell holds is cut, marked
    "… (cut)" and counted in `cut_cells`.
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
        """Return a new sheet: columns as wide as asked, pages in landscape as wide as the table."""
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
        """Write a header at row `top` and the rows below it; returns the number of the last row."""
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
        """Return `value` as the text of a cell: inert, and cut if it is too long."""
        text = xlsx_text(str(plain(value)))
        if 2 * len(text) <= XLSX_TEXT_LIMIT or len(text.encode("utf-16-le")) <= 2 * XLSX_TEXT_LIMIT:
            return text
        self.cut_cells += 1
        kept = text.encode("utf-16-le")[: 2 * (XLSX_TEXT_LIMIT - len(CUT))]
        return kept.decode("utf-16-le", "ignore") + CUT

    def _writer(self, sheet: Worksheet, kind: Kind) -> Any:
        cell = self._cells[kind]
        if kind is Kind.TEXT:
            write = sheet.write_string
            return lambda row, column, value: write(row, column, self.text(value), cell)
        if kind is Kind.MOMENT:
            return lambda row, column, value: _write_moment(sheet, row, column, value, cell)
        if kind is Kind.DAY:
            return lambda row, column, value: sheet.write_datetime(row, column, value, cell)
        return lambda row, column, value: sheet.write_number(row, column, value, cell)


def _write_moment(sheet: Worksheet, row: int, column: int, moment: datetime, cell: Any) -> None:
    if 1900 < moment.year < 9999:
        # A cell holds no time zone. In local time a job of the hour that clocks repeat in autumn
        # would seem to end before it began.
        sheet.write_datetime(row, column, moment.astimezone(UTC).replace(tzinfo=None), cell)
    else:  # a spreadsheet has no such date
        sheet.write_string(row, column, moment.isoformat(), cell)


def cut_note(cells: int) -> str:
    """Return a line for a job's log that says how many cells were cut."""
    what = "1 cell was" if cells == 1 else f"{cells:,} cells were"
    return (
        f"{what} longer than the {XLSX_TEXT_LIMIT:,} characters that a spreadsheet holds, and cut;"
        f" the mark is “{CUT}”. CSV and JSON Lines hold the whole text."
    )


def xlsx_text(text: str) -> str:
    """Return `text` as an inert cell of a spreadsheet."""
    if text.startswith("<r>"):  # XlsxWriter would copy "<r>...</r>" into its XML as it is
        text = f"'{text}"
    return inert(text)


@contextmanager
def workbook(file: IO[bytes]) -> Iterator[Workbook]:
    """Yield a workbook, which is in `file` once the block has been left without an error."""
    with scratch_directory(UNPACKED) as directory:
        book = xlsxwriter.Workbook(file, {"constant_memory": True, "tmpdir": str(directory)})
        book.use_zip64()
        try:
            yield Workbook(book)
        except BaseException:
            for sheet in book.worksheets():
                sheet._opt_close()  # close() would first pack the rows written so far
            raise
        book.close()
