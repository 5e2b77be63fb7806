"""Launching from the admin: the types as cards, then the form of one type, empty or filled as another job was."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from jobs import access, registry, services, stats
from jobs.admin import audit, once, signed_out
from jobs.admin.job_list.rows import usual_durations
from jobs.admin.job_page.actions import refusal
from jobs.admin.launch import curl, params_form
from jobs.errors import (
    AlreadyActive,
    InvalidParams,
    NotPermitted,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from jobs.models import Job
from jobs.registry import JobType
from jobs.safe_text import NAME_LIMIT, name_error
from jobs.selection import as_uuid


class NameForm(forms.Form):
    """What every job has beside the parameters of its type."""

    name = forms.CharField(max_length=NAME_LIMIT, help_text="What the job is called in the list.")

    def clean_name(self) -> str:
        """Refuse what the API refuses."""
        name = str(self.cleaned_data["name"])
        if error := name_error(name):
            raise forms.ValidationError(error)
        return name


def types(request: HttpRequest) -> HttpResponse:
    """The types that the user may launch, with what is usual and how the last one went."""
    permitted = [one for one in registry.all() if access.may_launch(request.user, one)]
    slugs = {one.slug for one in permitted}
    usual, last = usual_durations(slugs), stats.last_settled(slugs)
    cards = [(one, usual.get(one.slug), last.get(one.slug)) for one in permitted]
    # What is used comes first; the others stay in the order of their labels.
    cards.sort(key=lambda card: -card[2][1].timestamp() if card[2] else 0)
    return _page(request, "types", title="Launch job", cards=cards)


def form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one type; launches on POST and leads to the job.

    `?again=` fills it as that job was.
    """
    job_type = _permitted_type(request, slug)
    model = _model(request, job_type)
    kept = signed_out.take(request)
    bound = request.POST if request.method == "POST" else kept.entries if kept else None
    name_form = None if model else NameForm(bound, initial={"name": job_type.label})
    filled = params_form.make_params_form(request.user, job_type, bound, model)
    if kept:
        messages.warning(request, _as_kept(job_type))
    elif bound is not None and _all_valid(name_form, filled):
        try:
            job = _launch(request, job_type, name_form, filled, model)
        except OutcomeUnknown as error:
            filled.add_error(None, _not_known(error))
            return _without_database(request, _context(request, job_type, name_form, filled, model))
        if job is not None:
            return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
    usual = usual_durations({slug}).get(slug)
    return _page(
        request, "form", **_context(request, job_type, name_form, filled, model), usual=usual
    )


def call(request: HttpRequest, slug: str) -> HttpResponse:
    """The call of the API that equals the form as it stands, for launch.js; launches nothing."""
    job_type = _permitted_type(request, slug)
    model = _model(request, job_type)
    filled = params_form.make_params_form(request.user, job_type, request.POST, model)
    return HttpResponse(
        curl.curl_command(request, job_type, filled, model, request.POST.get("name", "")),
        content_type="text/plain; charset=utf-8",
    )


def _as_kept(job_type: JobType) -> str:
    secrets = " Secrets are not kept: enter them again." if job_type.secret_fields else ""
    return f"The form is as you filled it in. Nothing was launched yet.{secrets}"


def _context(
    request: HttpRequest,
    job_type: JobType,
    name_form: forms.Form | None,
    filled: forms.Form,
    model: Job | None,
) -> dict[str, Any]:
    once_key = once.current_key(request)
    typed_name = str(name_form["name"].value() or "") if name_form and name_form.is_bound else ""
    return {
        "title": f"Launch again: {model}" if model else job_type.label,
        "type": job_type,
        "model": model,
        "name_form": name_form,
        "params_form": filled,
        "curl": curl.curl_command(request, job_type, filled, model, typed_name),
        "once": once_key,
    }


def _not_known(error: OutcomeUnknown) -> str:
    return format_html(
        "The database stopped answering, so it is not known whether the job was launched. "
        'Look for <a href="{}">{}</a>, or press the button again: the same form makes no second job.',
        reverse("admin:jobs_job_change", args=[error.job_id]),
        error.job_id,
    )


def _without_database(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The filled form as 504. Without the request's own context: our frame asks PostgreSQL, which is away."""
    site = {"site_header": admin.site.site_header, "site_title": admin.site.site_title}
    page = render_to_string(
        "admin/jobs/launch/form.html", site | context | {"csrf_token": get_token(request)}
    )
    return HttpResponse(page, status=504)


def _model(request: HttpRequest, job_type: JobType) -> Job | None:
    """The job to launch again, if the address names one."""
    if "again" not in request.GET:
        return None
    found = access.visible_jobs(request.user).filter(
        pk=as_uuid(request.GET["again"]), type=job_type.slug
    )
    job = found.first()
    if job is None:
        raise Http404("No such job.")
    return job


def _permitted_type(request: HttpRequest, slug: str) -> JobType:
    job_type = registry.find(slug)
    if job_type is None:
        raise Http404(f"No job type {slug!r}.")
    if not access.may_launch(request.user, job_type):
        raise PermissionDenied
    return job_type


def _all_valid(*given: forms.Form | None) -> bool:
    refused = [
        one for one in given if one is not None and not one.is_valid()
    ]  # asks each: all show their errors
    return not refused


def _launch(
    request: HttpRequest,
    job_type: JobType,
    name_form: forms.Form | None,
    filled: forms.Form,
    model: Job | None,
) -> Job | None:
    """The job, launched; None with the reason in the form or the messages."""
    caller = audit.caller(request)
    key = once.idempotency_key(request)
    try:
        params = params_form.as_params(job_type, filled, model)
        if model is None:
            name = name_form.cleaned_data["name"] if name_form else ""
            job = services.submit(
                caller, name=name, type=job_type.slug, params=params, idempotency_key=key
            )
        else:
            job = services.rerun(caller, model.pk, params, idempotency_key=key)
    except InvalidParams as error:
        for one in error.errors:
            filled.add_error(one.name if one.name in filled.fields else None, one.message)
        return None
    except (NotPermitted, AlreadyActive) as error:
        filled.add_error(None, str(error))
        return None
    except OutcomeUnknown:
        raise
    except (Refused, Unavailable) as error:
        messages.error(request, refusal(error))
        return None
    if job.replayed:
        messages.info(request, once.already_made(job))
        return job
    with services.once_accepted(job):
        audit.action(request, [job], f"Launched again, after {model.pk}." if model else "Launched.")
    messages.success(request, f"“{job}” is launched.")
    return job


def _page(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(
        request, f"admin/jobs/launch/{template}.html", audit.site_context(request) | context
    )
