"""The report as files: a workbook with a chart, CSV tables, or JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from jobs.handler import sheets, xlsx
from jobs.handler.context import JobContext
from jobs.handler.sheets import Kind
from jobs.handler.xlsx import Workbook
from jobs.models import Status
from jobs.types.report.figures import (
    BY_DAY,
    BY_TYPE,
    FAILURES,
    JOBS,
    LISTED_JOBS,
    SLOWEST,
    STATUS_COUNTS,
    TOTALS,
    Section,
)

COLORS = {
    Status.PENDING: "#9AA5B1",
    Status.PROCESSING: "#2F80C2",
    Status.COMPLETED: "#3A9D5D",
    Status.FAILED: "#C8453B",
    Status.CANCELLED: "#B08D2E",
}


@dataclass(frozen=True, kw_only=True)
class JobsReport:
    """A report's period and contents; `tables` holds the rows of each section."""

    since: datetime
    until: datetime
    types: list[str]
    scope: str
    tables: dict[Section, Iterable[tuple[Any, ...]]]
    made_at: datetime = field(default_factory=timezone.now)

    @property
    def totals(self) -> dict[str, Any]:
        """The figures of the section TOTALS, by name."""
        [row] = self.tables[TOTALS]
        return dict(zip((column.name for column in TOTALS.columns), row, strict=True))

    @property
    def summary(self) -> dict[str, Any]:
        """The totals and the counts by status."""
        by_status = {status: jobs for status, jobs, _ in self.tables[STATUS_COUNTS]}
        return self.totals | {"by_status": by_status}

    @property
    def stem(self) -> str:
        """The beginning of its files' names."""
        return f"report-{sheets.local(self.since):%Y-%m-%d}-{sheets.local(self.until):%Y-%m-%d}"

    @property
    def about(self) -> list[str]:
        """Sentences about what the report covers."""
        since, until, made = (
            f"{sheets.local(moment):%Y-%m-%d %H:%M:%S %Z}"
            for moment in (self.since, self.until, self.made_at)
        )
        zone = timezone.get_default_timezone_name()
        sentences = [
            f"Covers {self.scope} created from {since} until before {until}.",
            f"Job types: {', '.join(self.types) or 'all'}.",
            "Success share: completed jobs among the completed and the failed.",
            f"Made {made}. Times in the tables are UTC, days are those of {zone}.",
        ]
        if JOBS in self.tables and self.totals["jobs"] > LISTED_JOBS:
            sentences.append(f"Only the first {LISTED_JOBS:,} jobs are listed.")
        return sentences


def save_csv(job: JobContext, report: JobsReport) -> None:
    """Save a CSV file for each table."""
    for section, rows in report.tables.items():
        with job.save_file(f"{report.stem}-{section.name}.csv", sheets.CSV_TYPE) as file:
            sheets.write_csv(file, section.columns, rows)


def save_json(job: JobContext, report: JobsReport) -> None:
    """Save the figures as one JSON file, and the listed jobs as JSON Lines."""
    figures: dict[str, Any] = {
        "about": " ".join(report.about),
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "types": report.types,
        "made_at": report.made_at.isoformat(),
        "time_zone": timezone.get_default_timezone_name(),
        "totals": report.totals,
    }
    for section in (STATUS_COUNTS, BY_TYPE, BY_DAY, SLOWEST, FAILURES):
        names = [column.name for column in section.columns]
        figures[section.name] = [
            dict(zip(names, map(sheets.plain, row), strict=True)) for row in report.tables[section]
        ]
    with job.save_file(f"{report.stem}.json", "application/json") as file:
        file.write(json.dumps(figures, ensure_ascii=False, indent=2).encode())
    if JOBS in report.tables:
        with job.save_file(f"{report.stem}-jobs.jsonl", sheets.JSON_LINES_TYPE) as file:
            sheets.write_json_lines(file, JOBS.columns, report.tables[JOBS])


def save_xlsx(job: JobContext, report: JobsReport) -> None:
    """Save a workbook: a summary with a chart, then a sheet for each further table."""
    with (
        job.save_file(f"{report.stem}.xlsx", xlsx.XLSX_TYPE) as file,
        xlsx.workbook(file) as book,
    ):
        book.book.set_properties({"title": "Jobs report", "comments": " ".join(report.about)})
        summary = _add_summary(book, report)
        for section in (BY_TYPE, BY_DAY, SLOWEST, FAILURES, JOBS):
            if section not in report.tables:
                continue
            sheet = book.add_sheet(section.title, section.columns)
            last = book.add_table(sheet, section.columns, report.tables[section])
            sheet.freeze_panes(1, 0)
            sheet.repeat_rows(0)
            sheet.autofilter(0, 0, last, len(section.columns) - 1)
            if section is BY_DAY and last:
                summary.insert_chart("E7", _chart(book, last))
        if book.cut_cells:
            job.log(xlsx.cut_note(book.cut_cells), level="WARNING")


def _add_summary(book: Workbook, report: JobsReport) -> Any:
    """Add the first sheet: what the report covers, the totals, the counts by status."""
    sheet = book.add_sheet("Summary", STATUS_COUNTS.columns)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, "Jobs report", book.heading)
    for row, sentence in enumerate(report.about, 1):
        sheet.write_string(row, 0, book.text(sentence), book.note)
    row = len(report.about) + 2
    for column in TOTALS.columns:
        book.write(sheet, row, 0, Kind.TEXT, column.title)
        book.write(sheet, row, 1, column.kind, report.totals[column.name])
        row += 1
    book.add_table(sheet, STATUS_COUNTS.columns, report.tables[STATUS_COUNTS], row + 1)
    return sheet


def _chart(book: Workbook, last: int) -> Any:
    """Return a chart of jobs by day and status, which reads the sheet "By day"."""
    chart = book.book.add_chart({"type": "column", "subtype": "stacked"})
    names = [column.name for column in BY_DAY.columns]
    for status in Status:
        column = names.index(status.lower())
        chart.add_series(
            {
                "name": status.label,
                "categories": [BY_DAY.title, 1, 0, last, 0],
                "values": [BY_DAY.title, 1, column, last, column],
                "fill": {"color": COLORS[status]},
                "gap": 60,
            }
        )
    chart.set_title({"name": "Jobs created by day", "name_font": {"size": 12}})
    chart.set_x_axis({"num_format": Kind.DAY.value, "text_axis": True})
    chart.set_y_axis(
        {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}}}
    )
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 720, "height": 340})
    return chart


REPORT_FORMATS: dict[str, Callable[[JobContext, JobsReport], None]] = {
    "xlsx": save_xlsx,
    "csv": save_csv,
    "json": save_json,
}
