"""Params in the address of a launch form, such as `?since=2026-11-01&format=csv`, which fill it in.

They are validated as those of the API. What cannot be filled in is named, and nothing is launched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from jobs import access, parameters
from jobs.errors import InvalidParams, ParamError
from jobs.parameters.storable import unstorable
from jobs.registry import JobType
from jobs.safe_text import isolated, name_error

FAULTS_LIMIT = 5
CHECKED, CLEARED = ("true", "on", "1", "yes"), ("false", "off", "0", "no", "")


@dataclass(frozen=True)
class AddressParams:
    """The params in an address as JSON, the name of the job, and a sentence for each fault."""

    params: Mapping[str, Any]
    name: str
    faults: list[str]

    @property
    def fault_text(self) -> str:
        """The faults for a message; "" without any."""
        more = len(self.faults) - FAULTS_LIMIT
        rest = [f"And {more} more."] if more > 0 else []
        return " ".join([*self.faults[:FAULTS_LIMIT], *rest])


NOTHING = AddressParams({}, "", [])


def read_address(
    user: Any, job_type: JobType, form: forms.Form, query: QueryDict, *, takes_name: bool
) -> AddressParams:
    """Read the params of `form` in the query, and the job's name if `takes_name`.

    `name` is the job's name unless the form has a parameter of that name; LaunchForms reads
    `about`, the object that the job is about.
    """
    params: dict[str, Any] = {}
    faults: dict[str, str] = {}
    name = ""
    if not query:
        return NOTHING
    for key in query:
        if key in form.fields:
            try:
                value = _address_value(job_type, form, key, query.getlist(key))
            except _NotFilledIn as error:
                faults[key] = str(error)
                continue
            if errors := unstorable({key: value}):
                faults[key] = errors[0].message
            else:
                params[key] = value
        elif key == "name" and takes_name:
            name = query["name"].strip()
        elif key != "again" and not (key == "about" and takes_name):
            faults[key] = "The form has no such parameter."
    faults |= _refused_params(user, job_type, form, params)
    if name and (error_of_name := name_error(name)):
        name, faults["name"] = "", error_of_name
    right = {key: value for key, value in params.items() if key not in faults}
    return AddressParams(right, name, [_fault_sentence(form, *fault) for fault in faults.items()])


class _NotFilledIn(ValueError):
    """The sentence that says why a value is not filled in."""


def _address_value(job_type: JobType, form: forms.Form, name: str, texts: list[str]) -> Any:
    """Return the value in an address as JSON; raises _NotFilledIn."""
    field = form.fields[name]
    takes_list = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    if field.disabled:
        raise _NotFilledIn("It cannot be changed.")
    if name in job_type.secret_fields:
        raise _NotFilledIn("A secret is not taken from an address: enter it here.")
    if isinstance(field, forms.FileField):
        raise _NotFilledIn("A file is chosen here.")
    if len(texts) > 1 and not takes_list:
        raise _NotFilledIn("It is given more than once.")
    try:
        if isinstance(field, forms.BooleanField) and not isinstance(field, forms.NullBooleanField):
            return _is_checked(texts[0])
        return parameters.from_widget(field, texts if takes_list else texts[0])
    except parameters.Unreadable as error:
        raise _NotFilledIn(f"Must be {parameters.json_type(field).words}.") from error


def _is_checked(text: str) -> bool:
    if text.lower() not in CHECKED + CLEARED:
        raise parameters.Unreadable
    return text.lower() in CHECKED


def _refused_params(
    user: Any, job_type: JobType, form: forms.Form, params: Mapping[str, Any]
) -> dict[str, str]:
    """The params that the form refuses, or that the user may not launch the type with."""
    errors: list[ParamError] = []
    try:
        parameters.validate(job_type, params, user=user)
    except InvalidParams as error:
        errors = error.errors
    # Params that are missing are entered on the page.
    if refused := {one.name: one.message for one in errors if one.name in params}:
        return refused
    complete = {**dict.fromkeys(form.fields), **params}
    if params and (missing := access.missing_permission(user, job_type, complete)):
        return dict.fromkeys(params, f"You lack the permission {missing}.")
    return {}


def _fault_sentence(form: forms.Form, name: str, fault: str) -> str:
    label = form[name].label if name in form.fields else isolated(f"“{name[:60]}”")
    return f"{label}: {fault}"
