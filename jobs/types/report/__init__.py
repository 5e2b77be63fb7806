"""The job type "Generate report": statistics of the jobs of a period, as files."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from jobs import access, registry, services
from jobs.database import snapshot
from jobs.handler.context import JobContext
from jobs.models import JobQuerySet, account_name, created_before, created_since
from jobs.registry import job_type
from jobs.types.report.figures import JOBS, LISTED_JOBS, SECTIONS, Section
from jobs.types.report.formats import REPORT_FORMATS, JobsReport

ROWS_A_STEP = 10_000  # rows of the jobs sheet; they take about as long as a section
ROWS_BETWEEN_PROGRESS = 1_000


def _next_second() -> datetime:
    # A form keeps whole seconds; rounding up includes every job that existed at the launch.
    return timezone.now().replace(microsecond=0) + timedelta(seconds=1)


def _type_choices() -> list[tuple[str, str]]:
    return [(one.slug, one.label) for one in registry.all()]


# A spreadsheet has no dates before 1900 and none after 9999, in any zone.
REPORT_YEARS = (
    MinValueValidator(datetime(2000, 1, 1, tzinfo=UTC), "Must be in the year 2000 or later."),
    MaxValueValidator(datetime(2100, 1, 1, tzinfo=UTC), "Must be in the year 2099 or earlier."),
)


class ReportForm(forms.Form):
    """Which jobs the report covers, and its format."""

    since = forms.DateTimeField(
        label="From",
        initial=lambda: _next_second() - timedelta(days=7),
        validators=REPORT_YEARS,
        help_text="Jobs created at this moment or later.",
    )
    until = forms.DateTimeField(
        label="To",
        initial=_next_second,
        validators=REPORT_YEARS,
        help_text="Jobs created before this moment.",
    )
    types = forms.MultipleChoiceField(
        label="Job types",
        choices=_type_choices,
        required=False,
        help_text="Choose none to count all of them.",
    )
    format = forms.ChoiceField(
        choices=[("xlsx", "Excel (XLSX)"), ("csv", "CSV, a file for each table"), ("json", "JSON")],
        initial="xlsx",
    )
    list_jobs = forms.BooleanField(
        label="List the jobs",
        required=False,
        initial=False,
        help_text=f"Adds a table of the jobs themselves, at most the first {LISTED_JOBS:,}.",
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        cleaned = self.cleaned_data
        if "since" in cleaned and "until" in cleaned and cleaned["until"] <= cleaned["since"]:
            self.add_error("until", "The period must end after it begins.")
        return cleaned


@job_type(
    slug="report",
    label="Generate report",
    description="Statistics of a period's jobs: by status, type and day, slowest jobs, failures.",
    form=ReportForm,
    time_limit=1800,  # a million listed jobs take minutes
    max_attempts=2,  # it only reads
    group="Reports",
)
def generate_report(
    job: JobContext,
    since: datetime,
    until: datetime,
    types: list[str],
    format: str,
    list_jobs: bool,
) -> dict[str, Any]:
    """Write the report's files; return its totals."""
    visible, scope = _visible_jobs(job)
    jobs = visible.filter(created_since(since), created_before(until))
    if types:
        jobs = jobs.filter(type__in=types)
    with snapshot():
        tables: dict[Section, Iterable[tuple[Any, ...]]] = {}
        for done, section in enumerate(SECTIONS):
            job.progress(done, len(SECTIONS) + 1, section.title)
            tables[section] = list(section.rows(jobs))
        report = JobsReport(since=since, until=until, types=types, scope=scope, tables=tables)
        if list_jobs:
            total = min(report.totals["jobs"], LISTED_JOBS)
            report.tables[JOBS] = _with_progress(job, JOBS.rows(jobs), total)
        for sentence in report.about:
            job.log(sentence)
        REPORT_FORMATS[format](job, report)
    job.progress(1, 1, "The report is written.")
    return report.summary


def _visible_jobs(job: JobContext) -> tuple[JobQuerySet, str]:
    """Return the jobs that this job's launcher may see now, and a text for which those are."""
    user = services.launcher(job).user
    sees_all = user is None or user.has_perm("jobs.view_job")
    scope = "all jobs" if sees_all else f"the jobs of {account_name(user)}"
    return access.visible_jobs(user), scope


def _with_progress(
    job: JobContext, rows: Iterable[tuple[Any, ...]], total: int
) -> Iterator[tuple[Any, ...]]:
    steps = len(SECTIONS) + total / ROWS_A_STEP + 1
    for done, row in enumerate(rows):
        if done % ROWS_BETWEEN_PROGRESS == 0:
            job.progress(len(SECTIONS) + done / ROWS_A_STEP, steps, f"Jobs: {done:,} of {total:,}")
        yield row
    job.progress(steps - 1, steps, "Packing the file")
