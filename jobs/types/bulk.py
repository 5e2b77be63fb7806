"""The bulk job types: each does an action to all jobs that a filter matches.

Each job goes through the same service as a click, with the rights of the user who launched the
bulk job. A CSV file lists the outcome of each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from jobs import services
from jobs.filters import JobFilters
from jobs.handler.context import JobContext
from jobs.handler.sheets import CSV_TYPE, Column, write_csv
from jobs.models import Job
from jobs.registry import MAINTENANCE, job_type
from jobs.services import ACTIONS, Action, Row, Targets

PAGE_ROWS = 100  # takes 1 to 2 s; after each page the job notices a request to stop
EXAMPLES_LIMIT = 10
CSV_COLUMNS = [Column(name, name) for name in ("job", "name", "status_before", "outcome", "detail")]
FILTERS_HELP = "As in the URL of the job list, in the admin or the API: status=FAILED&type=report."
NEWEST_HELP = (
    "The id of the newest job to include. Later jobs are left alone. "
    "Without filters: every job up to it."
)
AS_OF_HELP = (
    "The moment at which the jobs must have matched, by the status that they had then. "
    "Empty: the launch of this job."
)


class BulkForm(forms.Form):
    """Which jobs."""

    filters = forms.CharField(required=False, max_length=2000, help_text=FILTERS_HELP)
    newest = forms.UUIDField(required=False, help_text=NEWEST_HELP)
    as_of = forms.DateTimeField(required=False, label="As of", help_text=AS_OF_HELP)

    def clean_filters(self) -> str:
        """Refuse filters that the list would refuse."""
        text = str(self.cleaned_data["filters"])
        filters = JobFilters(QueryDict(text))
        if faults := list(filters.faults()):
            raise forms.ValidationError(faults)
        self._names_some = bool(filters.given)
        return text

    def clean(self) -> dict[str, Any]:
        """Refuse an empty choice: leaving out the filters must not affect every job."""
        cleaned = self.cleaned_data
        is_empty = "filters" in cleaned and not self._names_some
        if is_empty and not cleaned.get("newest"):
            fix = (
                "Say which jobs: by filters such as status=FAILED, or by the newest one to include."
            )
            self.add_error("filters", fix)
        return cleaned


class ReasonForm(BulkForm):
    """Which jobs, and why."""

    reason = forms.CharField(required=False, max_length=1000, label="Reason or note")


def _register(action: Action) -> None:
    """Register the job type that does `action` to every job that matches."""

    @job_type(
        slug=action.job_type,
        label=action.bulk_label,
        description=f"{action.bulk_summary} A CSV file lists the outcome of each.",
        form=ReasonForm if action.note else BulkForm,
        queue=MAINTENANCE,
        permission=action.bulk_permission,
        time_limit=3600,
        is_maintenance=True,
        from_list=True,
    )
    def apply_to_many(job: JobContext, reason: str = "", **which: Any) -> dict[str, Any]:
        return _apply_to_each(job, action, note=reason, **which)


for _action in ACTIONS:
    _register(_action)


def _apply_to_each(
    job: JobContext,
    action: Action,
    *,
    filters: str,
    newest: UUID | None,
    as_of: datetime | None,
    note: str,
) -> dict[str, Any]:
    """Apply the action to each job that matched and write the CSV; return the outcomes' counts."""
    caller = replace(services.launcher(job), parent_id=job.id)
    launched_at = Job.objects.values_list("created_at", flat=True).get(id=job.id)
    targets = Targets(
        user=caller.user,
        action=action,
        filters=QueryDict(filters),
        as_of=as_of or launched_at,
        newest=newest,
        without=job.id,
    )
    report = services.Report(action, EXAMPLES_LIMIT)

    def rows() -> Iterator[tuple[str, ...]]:
        pages = targets.pages(PAGE_ROWS)
        for page in pages:
            for row in services.apply_action(action, caller, page, note, targets.as_of):
                report.add(row)
                yield _csv_row(row, action)
            # Only after the page's last row: its PENDING jobs are cancelled in one statement, and
            # a stop in between would leave some of them out of the CSV.
            job.progress(report.total, len(pages), unit="jobs")

    with job.save_file("outcomes.csv", CSV_TYPE) as file, _collect_exception() as stopped:
        write_csv(file, CSV_COLUMNS, rows())
    if stopped:
        raise stopped[0]
    job.progress(1, 1, report.sentence())
    return report.result()


@contextmanager
def _collect_exception() -> Iterator[list[BaseException]]:
    """Collect the exception that ends the block, so that a stopped job keeps its partial file."""
    stopped: list[BaseException] = []
    try:
        yield stopped
    except BaseException as error:
        stopped.append(error)


def _csv_row(row: Row, action: Action) -> tuple[str, ...]:
    outcome = action.outcome if row.outcome == services.DONE else row.outcome
    return str(row.job_id), row.name, row.status_before, outcome, row.detail
