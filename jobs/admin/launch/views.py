"""The launch pages: job types as cards, then the form of one type, empty or filled from a job."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.middleware.csrf import get_token
from django.template import Context
from django.template.loader import get_template
from django.utils.html import format_html

from jobs import access, parameters, registry
from jobs.admin import once, signed_out
from jobs.admin.guard import MissingRight
from jobs.admin.job_list.rows import cached_usual_durations
from jobs.admin.launch.cards import choice_of
from jobs.admin.launch.curl import curl_command
from jobs.admin.launch.forms import LaunchForms
from jobs.admin.launch.row_choices import RowInput
from jobs.admin.pages import admin_page
from jobs.admin_site import admin_site, admin_url
from jobs.errors import OutcomeUnknown, TooSlow
from jobs.filters import parse_uuid
from jobs.models import Job
from jobs.registry import JobType

SEARCH_LIMIT = 200


def choose_type(request: HttpRequest) -> HttpResponse:
    """The job types that the user may launch; `?q=` narrows them to those that match."""
    searched = " ".join(request.GET.get("q", "").split())[:SEARCH_LIMIT]
    choice = choice_of(request.user, searched)
    return admin_page(request, "launch/choose_type", {"title": "Launch job", "choice": choice})


def launch_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a job type. POST launches the job and redirects to it.

    `?again=` names a job whose params fill the form; other parameters of the address fill in
    those of the form. The address of a type that no longer exists leads to the other types.
    """
    if registry.find(slug) is None:
        messages.warning(request, f"There is no job type “{slug}” any more. Choose another one.")
        return HttpResponseRedirect(admin_url("jobs_job_launch"))
    job_type = _permitted_type(request, slug)
    model = _model(request, job_type)
    if job_type.from_list:
        return _to_list(request, job_type, model)
    kept = signed_out.take_kept_form(request)
    data = request.POST if request.method == "POST" else kept.entries if kept else None
    filled = LaunchForms(request, job_type, model, data, request.FILES)
    if kept:
        messages.warning(request, _kept_message(job_type))
    elif data is not None and filled.are_valid():
        try:
            job = filled.launch()
        except OutcomeUnknown as error:
            filled.params_form.add_error(None, _outcome_unknown(error))
            return _without_database(request, _context(request, filled))
        if job is not None:
            return HttpResponseRedirect(admin_url("jobs_job_change", job.pk))
    if filled.address.faults:
        messages.error(request, f"Not filled in from the address: {filled.address.fault_text}")
    usual = cached_usual_durations({slug}).get(slug)
    page = admin_page(request, "launch/form", _context(request, filled) | {"usual": usual})
    page.status_code = filled.files.status
    return page


def curl_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The API call for the form as it is filled in, for launch.js; launches nothing."""
    job_type = _permitted_type(request, slug)
    filled = LaunchForms(request, job_type, _model(request, job_type), request.POST)
    name = request.POST.get("name", "")
    command = curl_command(
        request, job_type, filled.params_form, filled.model, name, about=filled.about
    )
    return HttpResponse(command, content_type="text/plain; charset=utf-8")


def found_rows(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The rows of a field that match `?q=`, for rows.js: {"rows": [[key, label]], "note": ""}."""
    form = LaunchForms(request, _permitted_type(request, slug), None, QueryDict()).params_form
    field = form.fields.get(name)
    if field is None or not isinstance(field.widget, RowInput):
        raise Http404(f"No field {name!r} with a search.")
    if not field.widget.search.may_search:
        raise PermissionDenied
    try:
        found = field.widget.search.find(request.GET.get("q", ""))
    except TooSlow:
        return JsonResponse({"rows": [], "note": "The search takes too long. Type more of it."})
    note = "Type to see others." if found.has_more else "" if found.rows else "Nothing matches."
    return JsonResponse({"rows": found.rows, "note": note})


def _permitted_type(request: HttpRequest, slug: str) -> JobType:
    job_type = registry.find(slug)
    if job_type is None:
        raise Http404(f"No job type {slug!r}.")
    if missing := access.missing_permission(request.user, job_type):
        raise MissingRight(missing)
    return job_type


def _model(request: HttpRequest, job_type: JobType) -> Job | None:
    """The job to launch again, if the address names one."""
    if "again" not in request.GET:
        return None
    jobs = access.visible_jobs(request.user).filter(type=job_type.slug)
    job = jobs.filter(pk=parse_uuid(request.GET["again"])).first()
    if job is None:
        raise Http404("No such job.")
    return job


def _to_list(request: HttpRequest, job_type: JobType, model: Job | None) -> HttpResponse:
    """Lead to the job list, with the filters of the job `model` if there is one."""
    messages.info(
        request,
        f"“{job_type.label}” is launched from this list: filter it, tick jobs or choose all that"
        " match, then choose the action.",
    )
    filters = model.params.get("filters") if model else None
    query = f"?{QueryDict(filters).urlencode()}" if isinstance(filters, str) and filters else ""
    return HttpResponseRedirect(admin_url("jobs_job_changelist") + query)


def _context(request: HttpRequest, filled: LaunchForms) -> dict[str, Any]:
    once_only_key = once.key_of_form(request)
    job_type, model = filled.job_type, filled.model
    curl_url = admin_url("jobs_job_launch_call", job_type.slug)
    back_url = admin_url("jobs_job_launch")
    if filled.about:
        curl_url = f"{curl_url}?{urlencode({'about': filled.about})}"
        back_url = (filled.subject and filled.subject.url) or back_url
    if model:
        curl_url = f"{curl_url}?again={model.pk}"
        back_url = admin_url("jobs_job_change", model.pk)
    curl = curl_command(
        request,
        job_type,
        filled.params_form,
        model,
        filled.typed_name,
        filled.address.params,
        filled.about,
    )
    return {
        "title": f"Launch again: {model}" if model else job_type.label,
        "type": job_type,
        "model": model,
        "subject": filled.subject,
        "name_form": filled.name_form,
        "params_form": filled.params_form,
        "curl": curl,
        "curl_url": curl_url,
        "back_url": back_url,
        "once": once_only_key,
    }


def _kept_message(job_type: JobType) -> str:
    secrets = " Secrets are not kept: enter them again." if job_type.secret_fields else ""
    files = " Choose its files again." if parameters.file_fields(job_type) else ""
    return f"The form is as you filled it in. Nothing was launched yet.{secrets}{files}"


def _outcome_unknown(error: OutcomeUnknown) -> str:
    return format_html(
        "The database stopped answering, so it is not known whether the job was launched. Look for"
        ' <a href="{}">{}</a>, or press the button again: the same form makes no second job.',
        admin_url("jobs_job_change", error.job_id),
        error.job_id,
    )


def _without_database(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The filled form as 504, without the context of other pages: that needs PostgreSQL."""
    site: dict[str, Any] = {
        "site_header": admin_site().site_header,
        "site_title": admin_site().site_title,
        "has_frame": getattr(admin_site(), "has_frame", False),
        "csrf_token": get_token(request),
    }
    shown = Context(site | context)
    shown.request = request  # for addresses of this admin site
    page = get_template("admin/jobs/launch/form.html").template.render(shown)
    return HttpResponse(page, status=504)
