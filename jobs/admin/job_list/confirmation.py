"""The confirmation page before a bulk action: exact counts, the newest jobs, a note."""

from dataclasses import dataclass, replace

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse

from jobs import stats
from jobs.admin.audit import note_of
from jobs.admin.pages import admin_page
from jobs.admin_site import admin_url
from jobs.models import Job, Status
from jobs.safe_text import quantity
from jobs.services import Targets

REQUEST_LIMIT = 100  # jobs on which a request acts itself; above, a bulk job does
CONFIRM_COUNT_MILLISECONDS = 5_000
NEWEST_JOBS = 10


@dataclass(frozen=True)
class TallyRow:
    """The jobs of one status: their exact number, and what will happen to them."""

    status: str
    label: str
    count: str
    outcome: str


def confirmation_page(request: HttpRequest, targets: Targets) -> HttpResponse:
    """Ask whether to act on `targets`, and remember which jobs these are."""
    action, jobs = targets.action, targets.matching.order_by("-id")
    targets = replace(targets, newest=jobs.values_list("id", flat=True).first())
    counts = _count_by_status(targets)
    total = None if counts is None else sum(counts.values())
    newest_jobs = _newest_jobs(targets) if total else []
    query = request.GET.urlencode()
    context = {
        "title": f"{action.label}?",
        "list_url": admin_url("jobs_job_changelist") + (f"?{query}" if query else ""),
        "action": action,
        "total": total,
        "jobs_counted": quantity(total or 0, "job"),
        "tally": _tally(targets, counts or {}),
        "newest_jobs": newest_jobs,
        "more": f"{(total or 0) - len(newest_jobs):,}",
        "needs_bulk_job": (total or 0) > REQUEST_LIMIT,
        "request_limit": REQUEST_LIMIT,
        "count_seconds": CONFIRM_COUNT_MILLISECONDS // 1000,
        "newest": targets.newest or "",
        "as_of": targets.as_of.isoformat(),
        "select_across": int(targets.ticked is None),
        # Django needs at least one ticked job, even if all that match are selected.
        "ids": request.POST.getlist(ACTION_CHECKBOX_NAME)[:REQUEST_LIMIT] or ["all"],
        "checkbox": ACTION_CHECKBOX_NAME,
        "note": note_of(request),
    }
    return admin_page(request, "job_list/confirm", context)


def _count_by_status(targets: Targets) -> dict[str, int] | None:
    """How many jobs of each status the action will change; None if counting takes too long."""
    found = stats.counts_in_time(targets.to_do, CONFIRM_COUNT_MILLISECONDS)
    refused = stats.counts_in_time(targets.refused, CONFIRM_COUNT_MILLISECONDS)
    if found is None or refused is None:
        return None
    counts = {status: count - refused.get(status, 0) for status, count in found.items()}
    return {status: count for status, count in counts.items() if count > 0}


def _newest_jobs(targets: Targets) -> list[Job]:
    """The newest jobs that the action will change."""
    jobs = list(targets.to_do.without_large().order_by("-id")[:NEWEST_JOBS])
    among_them = targets.refused.filter(id__in=[job.id for job in jobs])
    refused = set(among_them.values_list("id", flat=True))
    return [job for job in jobs if job.id not in refused]


def _tally(targets: Targets, counts: dict[str, int]) -> list[TallyRow]:
    """A row for each status: first the jobs that the action will change, then the others."""
    labels = dict(Status.choices)
    listed = stats.counts_in_time(targets.listed) or {}
    others = {status: count - counts.get(status, 0) for status, count in listed.items()}
    return [
        *(
            _row(status, labels, count, _done_to(status, targets))
            for status, count in counts.items()
        ),
        *(_row(status, labels, count, "skipped") for status, count in others.items() if count > 0),
    ]


def _row(status: str, labels: dict[str, str], count: int, outcome: str) -> TallyRow:
    return TallyRow(status, labels[status], f"{count:,}", f"will be {outcome}")


def _done_to(status: str, targets: Targets) -> str:
    is_asked = targets.action.asks_to_stop and status == Status.PROCESSING
    return "asked to stop" if is_asked else targets.action.done
