"""Launching from the admin: the types as cards, then the form of one type."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs import access, parameters, registry, services
from jobs.admin import record
from jobs.engine.publishing import BrokerUnavailable
from jobs.models import Job
from jobs.registry import JobType

# One input each, as the form's fields have; the browser brings its own calendar.
NATIVE: tuple[tuple[type[forms.Field], forms.Widget], ...] = (
    (
        forms.DateTimeField,
        forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"),
    ),
    (forms.DateField, forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")),
    (forms.TimeField, forms.TimeInput(attrs={"type": "time"}, format="%H:%M")),
    (forms.JSONField, AdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"})),
)


class NameForm(forms.Form):
    """What every job has beside the parameters of its type."""

    name = forms.CharField(max_length=200, help_text="How the job is called in lists.")


def types(request: HttpRequest) -> HttpResponse:
    """The types that the user may launch."""
    permitted = [one for one in registry.all() if access.may_launch(request.user, one)]
    return _page(request, "types", title="Launch job", types=permitted)


def form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of one type; launches on POST and leads to the job."""
    job_type = _permitted_type(request, slug)
    bound = request.POST if request.method == "POST" else None
    name_form = NameForm(bound, initial={"name": job_type.label})
    params_form = params_form_of(job_type, bound)
    if bound is not None and name_form.is_valid() & params_form.is_valid():
        job = _launch(request, job_type, name_form, params_form)
        if job is not None:
            return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
    return _page(
        request,
        "form",
        title=job_type.label,
        type=job_type,
        name_form=name_form,
        params_form=params_form,
    )


def params_form_of(
    job_type: JobType, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
) -> forms.Form:
    """The form of a type, dressed in the admin's widgets."""
    made = job_type.form(data, initial=dict(initial or {}), prefix="params")
    for field in made.fields.values():
        for kind, widget in NATIVE:
            if isinstance(field, kind):
                field.widget = widget
                break
    return made


def _permitted_type(request: HttpRequest, slug: str) -> JobType:
    try:
        job_type = registry.get(slug)
    except registry.UnknownJobType:
        raise Http404(f"No job type {slug!r}.") from None
    if not access.may_launch(request.user, job_type):
        raise PermissionDenied
    return job_type


def _launch(
    request: HttpRequest, job_type: JobType, name_form: forms.Form, params_form: forms.Form
) -> Job | None:
    """The job, launched; None with the reason in the forms or the messages."""
    try:
        job = services.submit(
            record.caller(request),
            name=name_form.cleaned_data["name"],
            type=job_type.slug,
            params=parameters.as_json(params_form.cleaned_data),
        )
    except parameters.InvalidParams as error:
        for one in error.errors:
            params_form.add_error(one.name or None, one.message)
        return None
    except services.NotPermitted as error:
        params_form.add_error(None, str(error))
        return None
    except services.AlreadyActive as error:
        params_form.add_error(None, f"Not launched: {error}.")
        return None
    except (BrokerUnavailable, services.DatabaseUnavailable):
        messages.error(request, "Not launched: the queue does not answer. Your entries are kept; try again.")
        return None
    except services.OutcomeUnknown as error:
        messages.error(
            request, f"PostgreSQL went away: whether job {error.job_id} was launched is not known."
        )
        return None
    record.action(request, [job], "Launched.")
    messages.success(request, f"“{job.name}” is launched.")
    return job


def _page(request: HttpRequest, template: str, **context: Any) -> TemplateResponse:
    return TemplateResponse(
        request, f"admin/jobs/launch/{template}.html", record.site_context(request) | context
    )
