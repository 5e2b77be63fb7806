"""The job type "Export data": the rows of a table as CSV, XLSX or JSON Lines, streamed."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from django import forms
from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet

from jobs import services
from jobs.database import snapshot
from jobs.handler.context import JobContext
from jobs.handler.sheets import CSV_TYPE, JSON_LINES_TYPE, Column, write_csv, write_json_lines
from jobs.handler.xlsx import XLSX_TYPE, cut_note, workbook
from jobs.registry import job_type
from jobs.safe_text import quantity
from jobs.types.export.tables import TABLES, RowValues, Table, view_permission

XLSX_ROWS = 1_048_575  # a sheet has one more, for the header
ROWS_AT_A_TIME = 1_000
EXPORT_YEARS = (
    MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC), "Must be in the year 1900 or later."),
    MaxValueValidator(datetime(2100, 1, 1, tzinfo=UTC), "Must be in the year 2099 or earlier."),
)


def _tables() -> list[tuple[str, str]]:
    labels = {model: apps.get_model(model)._meta.verbose_name_plural for model in TABLES}
    return [(model, str(label).capitalize()) for model, label in labels.items()]


class ExportForm(forms.Form):
    """Which rows to export, and in which format."""

    model = forms.ChoiceField(label="Table", choices=_tables, initial="jobs.job")
    since = forms.DateTimeField(
        label="From",
        required=False,
        validators=EXPORT_YEARS,
        help_text="Rows created at this moment or later.",
    )
    until = forms.DateTimeField(
        label="To",
        required=False,
        validators=EXPORT_YEARS,
        help_text="Rows created before this moment.",
    )
    format = forms.ChoiceField(
        choices=[("csv", "CSV"), ("xlsx", "Excel (XLSX)"), ("jsonl", "JSON Lines")], initial="csv"
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = self.cleaned_data
        if cleaned.get("since") and cleaned.get("until") and cleaned["until"] <= cleaned["since"]:
            self.add_error("until", "The period must end after it begins.")
        return cleaned


def _table_permission(params: Mapping[str, Any]) -> str | None:
    model = str(params.get("model"))
    # Files of a table that is no longer registered still need the permission to view it.
    return TABLES[model].permission if model in TABLES else view_permission(model)


@job_type(
    slug="export",
    label="Export data",
    description="The rows of a table that you may view, as CSV, Excel or JSON Lines.",
    form=ExportForm,
    permission_for=_table_permission,
    time_limit=3600,
    max_attempts=2,  # it only reads
    group="Reports",
)
def export_table(
    job: JobContext, model: str, since: datetime | None, until: datetime | None, format: str
) -> dict[str, Any]:
    """Write the file; return the number of rows, and of cells too long for a spreadsheet."""
    table = TABLES[model]
    picked = _created(table, table.rows(services.launcher(job).user), since, until)
    write, content_type = WRITERS[format]
    name = f"{model.replace('.', '-')}.{format}"
    with snapshot():
        total = picked.count()
        if format == "xlsx" and total > XLSX_ROWS:
            raise ValueError(
                f"{total:,} rows are too many for a sheet, which holds {XLSX_ROWS:,}: "
                "choose CSV, or a shorter period."
            )
        with job.save_file(name, content_type) as file:
            cut_cells = write(file, table.columns(), _table_rows(job, table, picked, total)) or 0
    if cut_cells:
        job.log(cut_note(cut_cells), level="WARNING")
    job.progress(1, 1, quantity(total, "row"))
    return {"rows": total, "file": name, "cut_cells": cut_cells}


def _created(
    table: Table, rows: QuerySet[Any], since: datetime | None, until: datetime | None
) -> QuerySet[Any]:
    bounds = {f"{table.created}__gte": since, f"{table.created}__lt": until}
    return rows.filter(**{bound: moment for bound, moment in bounds.items() if moment})


def _table_rows(
    job: JobContext, table: Table, rows: QuerySet[Any], total: int
) -> Iterator[RowValues]:
    """Yield the rows as exported, from a server-side cursor; needs a transaction."""
    for done, row in enumerate(rows.values_list(*table.fields).iterator(chunk_size=ROWS_AT_A_TIME)):
        if done % ROWS_AT_A_TIME == 0:
            job.progress(done, total, unit="rows")
        yield table.shown(row)
    job.progress(99, message="Packing the file")


def _write_sheet(file: IO[bytes], columns: Sequence[Column], rows: Iterable[RowValues]) -> int:
    """Write a workbook of one sheet; return how many cells were cut."""
    with workbook(file) as book:
        sheet = book.add_sheet("Rows", columns)
        last = book.add_table(sheet, columns, rows)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(columns) - 1)
    return book.cut_cells


WRITERS: dict[str, tuple[Callable[..., int | None], str]] = {
    "csv": (write_csv, CSV_TYPE),
    "xlsx": (_write_sheet, XLSX_TYPE),
    "jsonl": (write_json_lines, JSON_LINES_TYPE),
}
