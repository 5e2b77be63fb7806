"""The job types that cancel, acknowledge, delete or launch again every job that a filter of the list matches.

Each row is asked for through the same service as a click, with the rights of this job's launcher,
so what may not be done to a job is not done to it here; the CSV says for each row what became of
it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from jobs import services
from jobs.handler.context import JobContext
from jobs.handler.sheets import CSV_TYPE, Column, write_csv
from jobs.models import Job
from jobs.registry import MAINTENANCE, job_type
from jobs.selection import ListFilters
from jobs.services import ACKNOWLEDGE, CANCEL, DELETE, RERUN, Action, Row, Targets

ROWS = 100  # a page takes a second or two, after which the job sees that it is asked to stop
NAMED = 10
COLUMNS = [Column(name, name) for name in ("job", "name", "status_before", "outcome", "detail")]


class BulkForm(forms.Form):
    """Which jobs."""

    filters = forms.CharField(
        required=False,
        max_length=2000,
        help_text="As in the address of the admin's job list or of the API's, such as status=FAILED&type=report.",
    )
    newest = forms.UUIDField(
        required=False,
        help_text="The id of the newest job that is meant; later ones are left alone. Alone: all up to it.",
    )
    as_of = forms.DateTimeField(
        required=False,
        label="As of",
        help_text="When the jobs must have matched; their status then counts. Empty: when this job is launched.",
    )

    def clean_filters(self) -> str:
        """Refuse filters that the list would refuse."""
        text = str(self.cleaned_data["filters"])
        selection = _selection(text)
        if not selection.is_valid():
            raise forms.ValidationError(
                [f"{name}: {' '.join(map(str, found))}" for name, found in selection.errors.items()]
            )
        return text

    def clean(self) -> dict[str, Any]:
        """Refuse an empty choice: leaving out the filters must not affect every job."""
        cleaned = self.cleaned_data
        if "filters" in cleaned and not cleaned.get("newest") and not _narrows(cleaned["filters"]):
            self.add_error(
                "filters",
                "Say which jobs: by filters such as status=FAILED, or by the newest one that is meant.",
            )
        return cleaned


def _selection(filters: str) -> ListFilters:
    return ListFilters(ListFilters.parse(filters))


def _narrows(filters: str) -> bool:
    selection = _selection(filters)
    return selection.is_valid() and any(selection.cleaned_data.values())


class ReasonForm(BulkForm):
    """Which jobs, and why."""

    reason = forms.CharField(required=False, max_length=1000, label="Reason or note")


@job_type(
    slug=CANCEL.job_type,
    label="Cancel many",
    description="Cancels every job that a filter of the list matches. A CSV file says what became of each.",
    form=ReasonForm,
    queue=MAINTENANCE,
    time_limit=3600,
)
def cancel(job: JobContext, reason: str, **which: Any) -> dict[str, Any]:
    """Cancel the active ones of the jobs that match; those that run are asked to stop."""
    return {"cancelled": 0, "asked_to_stop": 0} | _each(
        job, CANCEL, "cancelled", note=reason, **which
    )


@job_type(
    slug=ACKNOWLEDGE.job_type,
    label="Acknowledge many",
    description="Acknowledges every failure that a filter of the list matches. A CSV file says what became of each.",
    form=ReasonForm,
    queue=MAINTENANCE,
    time_limit=3600,
)
def acknowledge(job: JobContext, reason: str, **which: Any) -> dict[str, Any]:
    """Acknowledge the failed ones of the jobs that match."""
    return {"acknowledged": 0} | _each(job, ACKNOWLEDGE, "acknowledged", note=reason, **which)


@job_type(
    slug=DELETE.job_type,
    label="Delete many",
    description="Deletes every settled job that a filter of the list matches. A CSV file says what became of each.",
    form=BulkForm,
    queue=MAINTENANCE,
    permission="jobs.delete_job",
    time_limit=3600,
)
def delete(job: JobContext, **which: Any) -> dict[str, Any]:
    """Delete the settled ones of the jobs that match."""
    return {"deleted": 0} | _each(job, DELETE, "deleted", **which)


@job_type(
    slug=RERUN.job_type,
    label="Launch many again",
    description="Launches again what a filter of the list matches and is over. A CSV file says what became of each.",
    form=BulkForm,
    queue=MAINTENANCE,
    time_limit=3600,
)
def rerun(job: JobContext, **which: Any) -> dict[str, Any]:
    """Launch again the settled ones of the jobs that match."""
    return {"launched": 0} | _each(job, RERUN, "launched", **which)


def _each(
    job: JobContext,
    action: Action,
    done: str,
    *,
    filters: str,
    newest: UUID | None,
    as_of: datetime | None,
    note: str = "",
) -> dict[str, Any]:
    """Do the action to each job that matched, and write the CSV; the result counts the outcomes."""
    caller = services.launcher(job.id)
    launched_at = Job.objects.values_list("created_at", flat=True).get(id=job.id)
    targets = Targets(
        user=caller.user,
        action=action,
        filters=ListFilters.parse(filters),
        as_of=as_of or launched_at,
        newest=newest,
        without=job.id,
    )
    report = services.Report(action, NAMED)

    def rows() -> Iterator[tuple[str, ...]]:
        pages = targets.pages(ROWS)
        for page in pages:
            for row in services.apply_action(action, caller, page, note, targets.as_of):
                report.add(row)
                yield _cells(row, done)
            # After its rows: the waiting ones of a page are cancelled in one statement, so all are
            # in the CSV.
            job.progress(report.total, len(pages), f"{report.total:,} of {len(pages):,}")

    with job.save_file("outcomes.csv", CSV_TYPE) as file, _kept() as stopped:
        write_csv(file, COLUMNS, rows())
    if stopped:
        raise stopped[0]
    job.progress(1, 1, report.sentence())
    return report.result(done)


@contextmanager
def _kept() -> Iterator[list[BaseException]]:
    """Collect what ends the block, so that a job which is stopped half-way keeps the file of what it has done."""
    stopped: list[BaseException] = []
    try:
        yield stopped
    except BaseException as error:
        stopped.append(error)


def _cells(row: Row, done: str) -> tuple[str, ...]:
    outcome = done if row.outcome == services.DONE else row.outcome
    return str(row.job_id), row.name, row.status_before, outcome, row.detail
