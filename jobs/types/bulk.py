"""The job types that cancel, acknowledge, delete or launch again every job that a filter of the list matches.

Each row is asked for through the same service as a click, with the rights of whoever launched this job, so what may
not be done to a job is not done to it here; the CSV says for each row what became of it.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from jobs import access, parameters, registry, services
from jobs.context import JobContext
from jobs.engine.publishing import BrokerUnavailable
from jobs.lifecycle import InvalidTransition
from jobs.models import ACTIVE, SETTLED, Job, JobQuerySet, Status
from jobs.registry import MAINTENANCE, job_type
from jobs.selection import Selection
from jobs.services import Caller
from jobs.sheets import CSV_TYPE, Column, write_csv

ROWS = 500
# Never launched again among many: two of them that match each other would launch each other for ever.
BULK = ("bulk_acknowledge", "bulk_cancel", "bulk_delete", "bulk_rerun")
COLUMNS = [Column(name, name) for name in ("job", "name", "status_before", "outcome", "detail")]

# What is a job's own affair, and what goes wrong: the next row may fare better.
SKIPPED = (InvalidTransition, services.NotPermitted, services.AlreadyActive, Job.DoesNotExist)
FAILED = (
    BrokerUnavailable,
    services.DatabaseUnavailable,
    services.OutcomeUnknown,
    services.InvalidName,
    parameters.InvalidParams,
    registry.UnknownJobType,
)


class BulkForm(forms.Form):
    """Which jobs."""

    filters = forms.CharField(
        required=False,
        max_length=2000,
        help_text="As in the address of the job list, such as status=FAILED&type=report.",
    )
    newest = forms.UUIDField(
        required=False,
        help_text="The id of the newest job that is meant; later ones are left alone. Alone: all up to it.",
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
        """Refuse what chooses nothing: whoever leaves out the filters must not hit every job there is."""
        cleaned = self.cleaned_data
        if "filters" in cleaned and not cleaned.get("newest") and not _narrows(cleaned["filters"]):
            self.add_error(
                "filters",
                "Say which jobs: by filters such as status=FAILED, or by the newest one that is meant.",
            )
        return cleaned


def _selection(filters: str) -> Selection:
    return Selection(QueryDict(filters).dict())


def _narrows(filters: str) -> bool:
    selection = _selection(filters)
    return selection.is_valid() and any(selection.cleaned_data.values())


class ReasonForm(BulkForm):
    """Which jobs, and why."""

    reason = forms.CharField(required=False, max_length=1000, label="Reason or note")


@job_type(
    slug="bulk_cancel",
    label="Cancel many",
    description="Cancels every job that a filter of the list matches. A CSV file says what became of each.",
    form=ReasonForm,
    queue=MAINTENANCE,
    time_limit=3600,
)
def cancel(job: JobContext, filters: str, newest: UUID | None, reason: str) -> dict[str, Any]:
    """Cancel the active ones of the jobs that match."""

    def act(caller: Caller, job_id: UUID) -> str:
        cancelled = services.cancel(caller, job_id, reason)
        return "" if cancelled.is_settled else "asked to stop"

    return _each(job, filters, newest, statuses=ACTIVE, done="cancelled", act=act)


@job_type(
    slug="bulk_acknowledge",
    label="Acknowledge many",
    description="Acknowledges every failure that a filter of the list matches. A CSV file says what became of each.",
    form=ReasonForm,
    queue=MAINTENANCE,
    time_limit=3600,
)
def acknowledge(job: JobContext, filters: str, newest: UUID | None, reason: str) -> dict[str, Any]:
    """Acknowledge the failed ones of the jobs that match."""

    def act(caller: Caller, job_id: UUID) -> str:
        services.acknowledge(caller, job_id, reason)
        return ""

    return _each(job, filters, newest, statuses=(Status.FAILED,), done="acknowledged", act=act)


@job_type(
    slug="bulk_delete",
    label="Delete many",
    description="Deletes every settled job that a filter of the list matches. A CSV file says what became of each.",
    form=BulkForm,
    permission="jobs.delete_job",
    queue=MAINTENANCE,
    time_limit=3600,
)
def delete(job: JobContext, filters: str, newest: UUID | None) -> dict[str, Any]:
    """Delete the settled ones of the jobs that match."""

    def act(caller: Caller, job_id: UUID) -> str:
        services.delete(caller, job_id)
        return ""

    return _each(job, filters, newest, statuses=SETTLED, done="deleted", act=act)


@job_type(
    slug="bulk_rerun",
    label="Launch many again",
    description="Launches again what a filter of the list matches and is over. A CSV file says what became of each.",
    form=BulkForm,
    queue=MAINTENANCE,
    time_limit=3600,
)
def rerun(job: JobContext, filters: str, newest: UUID | None) -> dict[str, Any]:
    """Launch again the settled ones of the jobs that match."""

    def act(caller: Caller, job_id: UUID) -> str:
        return str(services.rerun(caller, job_id).id)

    return _each(job, filters, newest, statuses=SETTLED, done="launched", act=act, leaving=BULK)


def _each(
    job: JobContext,
    filters: str,
    newest: UUID | None,
    *,
    statuses: tuple[str, ...],
    done: str,
    act: Callable[[Caller, UUID], str],
    leaving: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Do `act` to each job but those of the types `leaving`, and write the CSV; the result counts the outcomes."""
    caller = services.launcher(job.id)
    jobs = _matching(caller, filters).filter(status__in=statuses).exclude(type__in=leaving)
    # Not itself, and nothing that came after it: what it launches must not be launched again.
    jobs = jobs.filter(id__lt=job.id) if newest is None else jobs.filter(id__lte=newest).exclude(id=job.id)
    outcomes: Counter[str] = Counter()
    total = jobs.count()

    def rows() -> Iterator[tuple[str, ...]]:
        for number, (job_id, name, status) in enumerate(_pages(jobs), 1):
            outcome, detail = _outcome(act, caller, job_id, done)
            outcomes[outcome] += 1
            job.progress(number, max(total, number), f"{number:,} of {total:,}")
            yield str(job_id), name, status, outcome, detail

    with job.save_file("outcomes.csv", CSV_TYPE) as file:
        write_csv(file, COLUMNS, rows())
    return {done: 0, "skipped": 0, "failed": 0} | dict(outcomes)


def _matching(caller: Caller, filters: str) -> JobQuerySet:
    selection = _selection(filters)
    jobs = selection.narrow(access.visible_jobs(caller.user), caller.user)
    status = selection.cleaned_data.get("status")
    return jobs.filter(status=status) if status else jobs


def _pages(jobs: JobQuerySet) -> Iterator[tuple[UUID, str, str]]:
    """Id, name and status of each job, by id, a page at a time: no transaction stays open meanwhile."""
    last = UUID(int=0)
    while page := list(jobs.filter(id__gt=last).order_by("id").values_list("id", "name", "status")[:ROWS]):
        yield from page
        last = page[-1][0]


def _outcome(act: Callable[[Caller, UUID], str], caller: Caller, job_id: UUID, done: str) -> tuple[str, str]:
    try:
        return done, act(caller, job_id)
    except SKIPPED as error:
        return "skipped", str(error)
    except FAILED as error:
        return "failed", str(error)
