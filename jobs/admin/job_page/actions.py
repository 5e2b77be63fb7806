"""The views behind the buttons of a job's page: each acts on POST, then redirects."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from jobs import access, services
from jobs.admin.audit import admin_caller, log_action, note_of
from jobs.admin.messages import refusal, sent_twice
from jobs.admin.once import form_idempotency_key
from jobs.admin.pages import admin_page
from jobs.admin_site import admin_url
from jobs.errors import NotPermitted, OutcomeUnknown, Refused, Unavailable
from jobs.models import Job
from jobs.safe_text import quantity
from jobs.services import Action
from jobs.signals import send_refusal


def action_view(action: Action) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """The view of an action: GET shows its confirmation page, if it has one, and POST acts."""

    def view(request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = access.visible_jobs(request.user).without_large().filter(pk=job_id).first()
        if job is None:
            raise Http404("No such job.")
        if request.method == "POST":
            return _run_action(request, action, job)
        is_possible = job.status in action.statuses
        question, not_now = f"{action.label} this job?", f"This job cannot be {action.done} now"
        title = question if is_possible else not_now
        context = {"title": title, "is_possible": is_possible, "job": job, "action": action}
        return admin_page(request, "job_page/confirm", context)

    return view


def _run_action(request: HttpRequest, action: Action, job: Job) -> HttpResponse:
    key = form_idempotency_key(request)
    try:
        acted = action.run(admin_caller(request), job.pk, note_of(request), key)
        children = _act_on_children(request, action, job)
    except Job.DoesNotExist:
        raise Http404("No such job.") from None
    except NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    except OutcomeUnknown:
        raise  # has its own page, which needs no PostgreSQL
    except (Refused, Unavailable) as error:
        send_refusal("admin", error.code)
        messages.error(request, refusal(error))
        return _redirect(job)
    if acted.job is None:
        messages.success(request, f"“{job}” is {action.done}.")
    elif acted.replayed:
        messages.info(request, sent_twice(acted.job))
    elif acted.job.pk != job.pk:
        with services.once_accepted(acted.job):
            log_action(request, [acted.job], f"{action.done.capitalize()}, from {job.pk}.")
        messages.success(request, f"“{acted.job}” is {action.done}.")
    else:
        _report_change(request, action, acted.job, children)
    return _redirect(acted.job)


def _act_on_children(request: HttpRequest, action: Action, job: Job) -> str:
    """Do the action to the waiting children if their box is ticked; returns what was done."""
    if action.on_children is None or "children" not in request.POST:
        return ""
    count = action.on_children(admin_caller(request), job.pk, note_of(request))
    return f" Also {action.done}: {quantity(count, 'job')} that it launched."


def _report_change(request: HttpRequest, action: Action, job: Job, children: str) -> None:
    """Log and report what was done to a job that still exists."""
    # The event has either note. The admin's log repeats that of an acknowledgement.
    note = "" if action.asks_to_stop else note_of(request)
    done = message = f"{action.done.capitalize()}."
    if action.asks_to_stop and not job.is_settled:
        done, message = "Asked to stop.", "The job was asked to stop."
    log_action(request, [job], f"{done} {note}".strip() + children)
    messages.success(request, message + children)


def _redirect(job: Job | None) -> HttpResponse:
    if job is None:
        return HttpResponseRedirect(admin_url("jobs_job_changelist"))
    return HttpResponseRedirect(admin_url("jobs_job_change", job.pk))
