"""The views behind the buttons of a job's page: each acts on POST, then redirects."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs import access, services
from jobs.admin import audit, once
from jobs.errors import NotPermitted, OutcomeUnknown, Refused, Unavailable
from jobs.models import Job
from jobs.services import Action

# Where the page words a kind of error in its own way, by code.
SENTENCES_ON_PAGE = {
    "broker_unavailable": (
        "The queue does not answer, so nothing was launched. Try again in a moment."
    ),
    "database_unavailable": (
        "The database takes no changes now, so nothing was launched. Try again in a moment."
    ),
    "unknown_type": "The job's type does not exist any more.",
}
SENTENCES_ON_PAGE["too_slow"] = SENTENCES_ON_PAGE["database_unavailable"]


def refusal(error: Refused | Unavailable) -> str:
    """Why a service did not do it, for a message on the page."""
    return SENTENCES_ON_PAGE.get(error.code, str(error))


def view_of(action: Action) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """A view that does `action` to a job on POST and redirects to what it left.

    On GET, which only actions that ask first have, it asks.
    """

    def view(request: HttpRequest, job_id: UUID) -> HttpResponse:
        job = access.visible_jobs(request.user).without_large().filter(pk=job_id).first()
        if job is None:
            raise Http404("No such job.")
        answer = _question if request.method == "GET" else _act
        return answer(request, action, job)

    return view


def _question(request: HttpRequest, action: Action, job: Job) -> HttpResponse:
    if not action.allowed(request.user):
        raise PermissionDenied
    context = audit.site_context(request) | {
        "title": f"{action.label} this job?",
        "job": job,
        "action": action,
    }
    return TemplateResponse(request, "admin/jobs/job_page/confirm.html", context)


def _act(request: HttpRequest, action: Action, job: Job) -> HttpResponse:
    caller, note = audit.caller(request), audit.note(request)
    try:
        acted = action.run(caller, job.pk, note, once.idempotency_key(request))
    except Job.DoesNotExist:
        raise Http404("No such job.") from None
    except NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    except OutcomeUnknown:
        raise  # has a page of its own, which needs no PostgreSQL
    except (Refused, Unavailable) as error:
        messages.error(request, refusal(error))
        return _redirect(job)
    if acted.job is None:
        messages.success(request, f"“{job}” is {action.done}.")
    elif acted.replayed:
        messages.info(request, once.already_made(acted.job))
    elif acted.job.pk != job.pk:
        with services.once_accepted(acted.job):
            audit.action(request, [acted.job], f"{action.done.capitalize()}, after {job.pk}.")
        messages.success(request, f"“{acted.job}” is {action.done}.")
    else:
        _report_same(request, action, acted.job)
    return _redirect(acted.job)


def _report_same(request: HttpRequest, action: Action, job: Job) -> None:
    """Note in the admin's log, and say, what was done to a job that is still there."""
    note = "" if action.asks_to_stop else audit.note(request)  # a reason to stop is in the event
    done = message = f"{action.done.capitalize()}."
    if action.asks_to_stop and not job.is_settled:
        done, message = "Asked to stop.", "The job was asked to stop."
    audit.action(request, [job], f"{done} {note}".strip())
    messages.success(request, message)


def _redirect(job: Job | None) -> HttpResponse:
    if job is None:
        return HttpResponseRedirect(reverse("admin:jobs_job_changelist"))
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
