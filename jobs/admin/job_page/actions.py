"""What staff do to one job from its page: cancel, launch again, acknowledge, delete.

Each a POST, then a redirect.
"""

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
from jobs.models import Job, Status

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


def _deed(act: Callable[[HttpRequest, UUID], Job]) -> Callable[[HttpRequest, UUID], HttpResponse]:
    """A view that does `act` and leads to the job it returns, or back with the reason why not."""

    def view(request: HttpRequest, job_id: UUID) -> HttpResponse:
        try:
            shown = act(request, job_id).pk
        except Job.DoesNotExist:
            raise Http404("No such job.") from None
        except NotPermitted as error:
            raise PermissionDenied(str(error)) from error
        except OutcomeUnknown:
            raise  # has a page of its own, which needs no PostgreSQL
        except (Refused, Unavailable) as error:
            messages.error(request, refusal(error))
            shown = job_id
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[shown]))

    return view


def _cancel(request: HttpRequest, job_id: UUID) -> Job:
    job = services.cancel(audit.caller(request), job_id, audit.note(request))
    cancelled = job.status == Status.CANCELLED
    audit.action(request, [job], "Cancelled." if cancelled else "Asked to stop.")
    messages.success(request, "Cancelled." if cancelled else "The job was asked to stop.")
    return job


def _rerun(request: HttpRequest, job_id: UUID) -> Job:
    job = services.rerun(
        audit.caller(request), job_id, idempotency_key=once.idempotency_key(request)
    )
    if job.replayed:
        messages.info(request, once.already_made(job))
        return job
    with services.once_accepted(job):
        audit.action(request, [job], f"Launched again, after {job_id}.")
    messages.success(request, f"“{job}” is launched again.")
    return job


def _acknowledge(request: HttpRequest, job_id: UUID) -> Job:
    job = services.acknowledge(audit.caller(request), job_id, audit.note(request))
    audit.action(request, [job], f"Acknowledged. {audit.note(request)}".strip())
    messages.success(request, "Acknowledged.")
    return job


cancel, rerun, acknowledge = _deed(_cancel), _deed(_rerun), _deed(_acknowledge)


def delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Ask on GET, delete on POST, and lead to the list."""
    job = access.visible_jobs(request.user).filter(pk=job_id).first()
    if job is None:
        raise Http404("No such job.")
    if not access.may_delete(request.user):
        raise PermissionDenied
    if request.method == "POST":
        return _deleted(request, job)
    context = audit.site_context(request) | {"title": "Delete this job?", "job": job}
    return TemplateResponse(request, "admin/jobs/job_page/delete.html", context)


def _deleted(request: HttpRequest, job: Job) -> HttpResponse:
    try:
        services.delete(audit.caller(request), job.pk)
    except Job.DoesNotExist:
        raise Http404("No such job.") from None
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
    messages.success(request, f"“{job}” is deleted.")
    return HttpResponseRedirect(reverse("admin:jobs_job_changelist"))
