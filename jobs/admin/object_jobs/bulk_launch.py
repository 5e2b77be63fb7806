"""The action of a list that launches a job about each of the ticked objects, in one batch."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from jobs import access, services
from jobs.admin.audit import admin_caller, log_action
from jobs.admin.messages import refusal, sent_twice
from jobs.admin.once import form_idempotency_key, key_of_form
from jobs.admin.pages import admin_page
from jobs.admin_site import admin_url
from jobs.errors import InvalidBatch, OutcomeUnknown, Refused, Unavailable
from jobs.models import Job
from jobs.registry import JobType
from jobs.safe_text import isolated, quantity
from jobs.services import Launch
from jobs.signals import send_refusal

OBJECTS_LIMIT = 500  # as in a batch of the API
NAMED_OBJECTS = 10
NAMED_FAULTS = 5


def confirm_or_launch(
    model_admin: Any, request: HttpRequest, rows: "QuerySet[Any]", job_type: JobType
) -> HttpResponse | None:
    """Ask how many jobs to launch; once confirmed, launch them. None leads back to the list."""
    if not access.may_launch(request.user, job_type):
        raise PermissionDenied
    objects = list(rows[: OBJECTS_LIMIT + 1])
    if not objects:
        messages.warning(request, "None of them is left, so nothing was launched.")
        return None
    if len(objects) > OBJECTS_LIMIT:
        messages.error(request, f"Choose at most {OBJECTS_LIMIT}; nothing was launched.")
        return None
    if request.POST.get("confirmed") != str(len(objects)):
        if "confirmed" in request.POST:
            messages.warning(request, "The list has changed, so nothing was launched yet.")
        return _question(model_admin, request, objects, job_type)
    _launch(model_admin, request, objects, job_type)
    return None


def _question(
    model_admin: Any, request: HttpRequest, objects: list[Any], job_type: JobType
) -> HttpResponse:
    options = model_admin.model._meta
    context = {
        "title": f"Launch {quantity(len(objects), 'job')} “{job_type.label}”?",
        "type": job_type,
        "plural": options.verbose_name_plural,
        "list_url": request.get_full_path(),
        "jobs_counted": quantity(len(objects), "job"),
        "count": len(objects),
        "names": [isolated(str(one)) for one in objects[:NAMED_OBJECTS]],
        "more": len(objects) - NAMED_OBJECTS,
        "keys": [str(one.pk) for one in objects],
        "checkbox": ACTION_CHECKBOX_NAME,
        "action": f"launch_{job_type.slug}",
        "once": key_of_form(request),
    }
    return admin_page(request, "object_jobs/confirm", context)


def _launch(model_admin: Any, request: HttpRequest, objects: list[Any], job_type: JobType) -> None:
    """Launch all of the jobs or none, and say so."""
    launches = [
        Launch(
            type=job_type.slug,
            params=model_admin.get_job_params(request, one, job_type.slug),
            about=one,
        )
        for one in objects
    ]
    try:
        jobs, replayed = services.submit_batch(
            admin_caller(request), launches, idempotency_key=form_idempotency_key(request)
        )
    except OutcomeUnknown:
        raise
    except InvalidBatch as error:
        send_refusal("admin", error.code)
        messages.error(request, _faults(error, objects))
    except (Refused, Unavailable) as error:
        send_refusal("admin", error.code)
        messages.error(request, refusal(error))
    else:
        _say_launched(request, jobs, replayed)


def _say_launched(request: HttpRequest, jobs: list[Job], replayed: bool) -> None:
    if replayed:
        messages.info(request, sent_twice(jobs[0]))
        return
    with services.once_accepted(jobs[0]):
        log_action(request, jobs, "Launched from a list of objects.")
    query = urlencode({"batch": jobs[0].batch_id})
    url = f"{admin_url('jobs_job_changelist')}?{query}"
    launched = quantity(len(jobs), "job")
    messages.success(request, format_html('<a href="{}">{}</a> launched.', url, launched))


def _faults(error: InvalidBatch, objects: list[Any]) -> str:
    """Why nothing was launched: the first faults, each with the name of its object."""
    named = [f"{isolated(str(objects[index]))}: {one}" for index, one in error.errors.items()]
    more = len(named) - NAMED_FAULTS
    rest = [f"And {more} more."] if more > 0 else []
    return " ".join(["Nothing was launched.", *named[:NAMED_FAULTS], *rest])
