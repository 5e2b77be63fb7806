"""Launches the bulk job that does an action to more jobs than a request can."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from jobs import services
from jobs.admin.audit import admin_caller, log_action, note_of
from jobs.admin.job_list.confirmation import REQUEST_LIMIT
from jobs.admin.job_list.filters import filter_query
from jobs.admin.messages import refusal, sent_twice
from jobs.admin.once import form_idempotency_key
from jobs.admin_site import admin_url
from jobs.errors import NotPermitted, OutcomeUnknown, Refused, Unavailable
from jobs.filters import with_fixed_times
from jobs.safe_text import quantity
from jobs.services import Targets
from jobs.signals import send_refusal


def launch_bulk_job(request: HttpRequest, targets: Targets, done: int = 0) -> HttpResponse:
    """Launch the bulk job and redirect to its page; `done` jobs have been changed before."""
    before = f"{quantity(done, 'job')} {targets.action.done}. " if done else ""
    try:
        job, replayed = _submit(request, targets)
    except OutcomeUnknown:
        raise
    except (Refused, Unavailable) as error:
        send_refusal("admin", error.code)
        if isinstance(error, NotPermitted) and not done:
            raise PermissionDenied(str(error)) from error
        others = "The others were skipped: " if done else ""
        messages.error(request, f"{before}{others}{refusal(error)}")
        return HttpResponseRedirect(request.get_full_path())
    if replayed:
        messages.info(request, sent_twice(job))
    else:
        with services.once_accepted(job):
            log_action(request, [job], "Launched from the list.")
        scope = "the others" if done else f"the action, since more than {REQUEST_LIMIT} jobs match"
        text = f"{before}This bulk job does {scope}. Its CSV file lists the outcome of each job."
        messages.success(request, text)
    return HttpResponseRedirect(admin_url("jobs_job_change", job.pk))


def _submit(request: HttpRequest, targets: Targets) -> services.Submitted:
    params = {
        "filters": with_fixed_times(filter_query(request), targets.as_of).urlencode(),
        "newest": None if targets.newest is None else str(targets.newest),
        "as_of": targets.as_of.isoformat(),
    }
    if targets.action.note:
        params["reason"] = note_of(request)
    return services.submit(
        admin_caller(request),
        type=targets.action.job_type,
        params=params,
        idempotency_key=form_idempotency_key(request),
    )
