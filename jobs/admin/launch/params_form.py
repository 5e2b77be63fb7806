"""The params form of a job type as the admin shows it, and the params that it sends.

Fields that the user leaves alone keep the stored value of the job that is launched again, although
an input may show less: no fraction of a second, no time zone (the doubled hour at the end of summer
time is two moments), other line breaks, and choices in another order.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest

from jobs import access, parameters
from jobs.admin.launch.file_inputs import UploadInput
from jobs.admin.launch.inputs import KeepsExactValue, SecretInput, use_browser_input
from jobs.admin.launch.row_choices import RowInput, search_many_rows
from jobs.admin_site import admin_url
from jobs.errors import InvalidParams, ParamError
from jobs.models import Job
from jobs.registry import JobType


def make_params_form(
    user: Any,
    job_type: JobType,
    data: Mapping[str, Any] | None = None,
    model: Job | None = None,
    filled_in: Mapping[str, Any] | None = None,
    request: HttpRequest | None = None,
) -> forms.Form:
    """The form with `data`, or with the params of the job `model` and those `filled_in`.

    A secret that is left empty stays that of the model. With `request`, many rows are searched
    instead of listed.
    """
    params = {**(model.params if model else {}), **(filled_in or {})}
    initial = _initial_values(user, job_type, params)
    form = parameters.make_form(job_type, user, data, initial=initial, prefix="params")
    for name, field in form.fields.items():
        use_browser_input(field)
        if isinstance(field.widget, KeepsExactValue):
            field.widget.exact_value = initial.get(name)
        if name in job_type.secret_fields:
            field.widget = SecretInput(attrs={"autocomplete": "off"})
            if model and model.params.get(name):
                _keep_secret(field, model.params[name], is_own=user.pk == model.created_by_id)
    if request:
        search_many_rows(request, form, partial(_rows_address, job_type))
    _remove_forbidden_choices(user, job_type, form)
    return form


def _rows_address(job_type: JobType, name: str) -> str:
    return admin_url("jobs_job_launch_rows", job_type.slug, name)


def _initial_values(user: Any, job_type: JobType, params: Mapping[str, Any]) -> dict[str, Any]:
    fields = parameters.make_form(job_type, user).fields
    return {
        name: parameters.to_initial(fields[name], value)
        for name, value in params.items()
        if name in fields and not isinstance(fields[name], forms.FileField)
    }


def _keep_secret(field: forms.Field, secret: Any, *, is_own: bool) -> None:
    condition = "" if is_own else ", if nothing else changes"
    field.help_text = f"Leave empty to keep the stored secret{condition}."
    field.required = False
    if is_own:
        # For the form's clean methods. An error of theirs could show it to another account.
        field.widget.kept_secret = parameters.to_form(field, secret)


def _remove_forbidden_choices(user: Any, job_type: JobType, form: forms.Form) -> None:
    """Remove choices that need a permission which the user lacks; services.submit refuses them."""
    if job_type.permission_for is None:
        return
    params = dict.fromkeys(form.fields) | initial_params(form)
    for name, field in form.fields.items():
        if isinstance(field, forms.ChoiceField) and not isinstance(field.widget, RowInput):
            field.widget.choices = [
                (value, label)
                for value, label in field.choices
                if not access.missing_permission(
                    user, job_type, params | {name: parameters.from_widget(field, value)}
                )
            ]


def params_of(job_type: JobType, form: forms.Form, model: Job | None = None) -> dict[str, Any]:
    """The params of a valid form as the API takes them; only the changes to the job `model`.

    Raises: InvalidParams if a custom field accepts a text that Django's own field cannot read.
    """
    params, errors = {}, []
    for name in sent_fields(job_type, form, model):
        try:
            params[name] = parameters.from_widget(form.fields[name], form[name].data)
        except parameters.Unreadable:
            message = f"Must be {parameters.json_type(form.fields[name]).words}."
            errors.append(ParamError(name, message, "invalid"))
    if errors:
        raise InvalidParams(errors)
    return params


def sent_fields(job_type: JobType, form: forms.Form, model: Job | None = None) -> list[str]:
    """The fields that a launch sends: those not disabled; of a job launched again, the changed."""
    names = [name for name, field in form.fields.items() if not field.disabled]
    return [name for name in names if model is None or _is_changed(job_type, form[name])]


def initial_params(form: forms.Form) -> dict[str, Any]:
    """The initial values of the form as the API takes them."""
    params = {}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if value is not None and not field.disabled:
            params[name] = parameters.from_initial(field, value)
    return params


def _is_changed(job_type: JobType, field: forms.BoundField) -> bool:
    if isinstance(field.field.widget, UploadInput):
        return field.field.widget.is_changed
    if field.name in job_type.secret_fields:
        return bool(field.form.data.get(field.html_name))
    if _has_initial_value(field):
        return False
    shown = field.field.widget.format_value(field.field.prepare_value(field.initial))
    return not isinstance(shown, str) or _split_lines(shown) != _split_lines(str(field.data))


def _has_initial_value(field: forms.BoundField) -> bool:
    # Not by changed_data: Django compares cleaned values, which need not be JSON.
    try:
        sent = parameters.from_widget(field.field, field.data)
        initial = parameters.from_initial(field.field, field.initial)
    except parameters.Unreadable:
        return False
    return bool(_comparable(field.field, sent) == _comparable(field.field, initial))


def _comparable(field: forms.Field, value: Any) -> Any:
    """Choices without order and duplicates: browsers send each once, in the order of the input."""
    is_multiple = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    return set(map(str, value)) if is_multiple and isinstance(value, list) else value


def _split_lines(text: str) -> list[str]:
    """The lines of `text`; browsers send line breaks as CR LF."""
    return text.replace("\r\n", "\n").split("\n")
