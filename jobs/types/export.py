"""The job type "Export": the rows of a model as CSV, XLSX or JSON Lines, streamed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from django import forms
from django.apps import apps
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import QuerySet

from jobs import access, services
from jobs.context import JobContext
from jobs.registry import job_type
from jobs.sheets import (
    CSV_TYPE,
    JSON_LINES_TYPE,
    XLSX_TYPE,
    Column,
    Kind,
    workbook,
    write_csv,
    write_json_lines,
)

XLSX_ROWS = 1_048_575  # a sheet has one more, for the header
ROWS_BETWEEN_PROGRESS = 1_000
KINDS = (
    (models.DateTimeField, Kind.MOMENT),
    (models.DateField, Kind.DAY),
    (models.BooleanField, Kind.TEXT),
    ((models.IntegerField, models.FloatField), Kind.NUMBER),
)
A_DATE = (
    MinValueValidator(datetime(1900, 1, 1, tzinfo=UTC), "Must be in the year 1900 or later."),
    MaxValueValidator(datetime(2100, 1, 1, tzinfo=UTC), "Must be in the year 2099 or earlier."),
)


@dataclass(frozen=True)
class Exportable:
    """A model registered for export: which fields, and the one that says when a row was created."""

    model: str
    fields: tuple[str, ...]
    created: str
    rows: Callable[[Any], QuerySet[Any]] | None = None  # by user, where not every row is everybody's

    @property
    def permission(self) -> str:
        """What a caller needs to export it: to view it."""
        app, name = self.model.split(".")
        return f"{app}.view_{name}"


# No secrets, and nothing a stranger filled: parameters and results may hold both.
EXPORTABLE = {
    one.model: one
    for one in (
        Exportable(
            "jobs.job",
            (
                *("id", "name", "type", "status", "queue", "created_by_name", "source", "created_at"),
                *("started_at", "finished_at", "attempt", "error_code", "error_type", "error_message"),
                *("cancel_reason", "acknowledged_by", "acknowledged_at"),
            ),
            "created_at",
            access.visible_jobs,
        ),
        Exportable(
            "jobs.jobevent",
            ("job_id", "from_status", "to_status", "at", "attempt", "actor", "reason"),
            "at",
        ),
        Exportable(
            "auth.user",
            ("username", "first_name", "last_name", "email", "is_staff", "is_active", "date_joined"),
            "date_joined",
        ),
        Exportable(
            "admin.logentry",
            ("action_time", "user_id", "object_id", "object_repr", "action_flag", "change_message"),
            "action_time",
        ),
    )
}


def _models() -> list[tuple[str, str]]:
    return [(key, str(apps.get_model(key)._meta.verbose_name_plural).capitalize()) for key in EXPORTABLE]


class ExportForm(forms.Form):
    """What to export, and as what."""

    model = forms.ChoiceField(label="Rows", choices=_models, initial="jobs.job")
    since = forms.DateTimeField(
        label="From", required=False, validators=A_DATE, help_text="Created at this moment or later."
    )
    until = forms.DateTimeField(
        label="To", required=False, validators=A_DATE, help_text="Created before this moment."
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


@job_type(
    slug="export",
    label="Export",
    description="The rows of a table, by when they were created, as CSV, Excel or JSON Lines.",
    form=ExportForm,
    time_limit=3600,
    max_attempts=2,  # it only reads
)
def run(
    job: JobContext, model: str, since: datetime | None, until: datetime | None, format: str
) -> dict[str, Any]:
    """Write the file; the result counts its rows."""
    exportable = EXPORTABLE[model]
    rows = _rows(job, exportable, since, until)
    if format == "xlsx":
        rows = rows[:XLSX_ROWS]
    columns = [_column(rows.model, name) for name in exportable.fields]
    watched = _Watched(job, rows.values_list(*exportable.fields), rows.count())
    name = f"{model.replace('.', '-')}.{format}"
    write, content_type = FORMATS[format]
    with job.save_file(name, content_type) as file:
        write(file, columns, watched)
    job.progress(1, 1, f"{watched.count:,} rows")
    return {"rows": watched.count, "file": name}


def _rows(
    job: JobContext, exportable: Exportable, since: datetime | None, until: datetime | None
) -> QuerySet[Any]:
    user = services.launcher(job.id).user
    if user is not None and not user.has_perm(exportable.permission):
        raise services.NotPermitted(f"Whoever launched this job may not view {exportable.model}.")
    every = apps.get_model(exportable.model)._default_manager.all()
    rows = exportable.rows(user) if exportable.rows else every
    if since:
        rows = rows.filter(**{f"{exportable.created}__gte": since})
    if until:
        rows = rows.filter(**{f"{exportable.created}__lt": until})
    return rows.order_by(exportable.created, "pk")


def _column(model: type[models.Model], name: str) -> Column:
    [field] = [field for field in model._meta.concrete_fields if field.attname == name]
    kind = next((kind for fields, kind in KINDS if isinstance(field, fields)), Kind.TEXT)
    return Column(name, str(field.verbose_name).capitalize(), kind, 20)


class _Watched:
    """The rows, counted, with progress; read once, a thousand at a time."""

    def __init__(self, job: JobContext, rows: QuerySet[Any, tuple[Any, ...]], total: int) -> None:
        self.job, self.rows, self.total, self.count = job, rows, total, 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for row in self.rows.iterator(chunk_size=ROWS_BETWEEN_PROGRESS):
            if self.count % ROWS_BETWEEN_PROGRESS == 0:
                self.job.progress(self.count, self.total + 1, f"{self.count:,} of {self.total:,} rows")
            self.count += 1
            yield row


def _write_xlsx(file: IO[bytes], columns: list[Column], rows: Iterable[tuple[Any, ...]]) -> None:
    with workbook(file) as book:
        book.add_table(book.add_sheet("Rows", columns), columns, rows)


FORMATS: dict[str, tuple[Callable[..., None], str]] = {
    "csv": (write_csv, CSV_TYPE),
    "xlsx": (_write_xlsx, XLSX_TYPE),
    "jsonl": (write_json_lines, JSON_LINES_TYPE),
}
