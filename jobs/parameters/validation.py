"""Checks params by their type's form, completes them for storing, and cleans them for the handler."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import override

from jobs.errors import InvalidParams, ParamError
from jobs.parameters.from_json import take_json, to_form
from jobs.parameters.json_types import fits, json_type, may_be_null, moment_text
from jobs.parameters.secrets import MASK
from jobs.parameters.to_json import Unreadable, from_initial, normal, refit
from jobs.registry import JobType
from jobs.safe_text import is_deeper, storable_json

PARAMS_LIMIT = 64 * 1024
PARAMS_DEPTH_LIMIT = 32


def validate(
    job_type: JobType, params: Mapping[str, Any], kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """`params` (parsed JSON) as they are stored: checked, and complete with initial values, but not cleaned.

    `kept` are the stored params of the job that is launched again: they stand in for what `params`
    leave out, and keep the values of disabled fields.
    Raises: InvalidParams, with every error found.
    """
    with override(None):
        form = job_type.form()
        if errors := _errors_of_given(job_type, form.fields, params):
            raise InvalidParams(
                errors + _other_errors(form, params, {one.name for one in errors}, kept)
            )
        given = {name: value for name, value in params.items() if not form.fields[name].disabled}
        stored = {name: normal(form.fields[name], value) for name, value in given.items()}
        stored = _complete(form, {**(kept or {}), **stored})
        if kept is None:  # what was accepted once is not refused for its size
            _refuse(unstorable(stored))
        _clean(form, stored)
    return stored


def bind(job_type: JobType, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The form's cleaned_data for stored params: what the handler gets (dates, numbers, model instances).

    Raises: InvalidParams if the form no longer takes them.
    """
    with override(None):
        form = job_type.form()
        return _clean(form, _complete(form, stored))


def readings(job_type: JobType, stored: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What `permission_for` is asked about: the stored params, and as JSON what the handler gets of them.

    The second shows rows by their keys, and is missing if the form no longer takes the params.
    """
    try:
        cleaned = bind(job_type, stored)
    except InvalidParams:
        return [stored]
    return [stored, json.loads(json.dumps(cleaned, cls=_Encoder, skipkeys=True))]


def changes(job_type: JobType, stored: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Return whether `params`, which `validate` takes, would change the `stored` params of a job."""
    fields = job_type.form().fields
    return any(
        _canonical(normal(fields[name], value)) != _canonical(refit(fields[name], stored.get(name)))
        for name, value in params.items()
        if not fields[name].disabled
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)  # True == 1, but not as JSON


def unstorable(params: Mapping[str, Any]) -> list[ParamError]:
    """Return why parsed JSON cannot be stored for any form: depth, size, text or numbers that PostgreSQL refuses."""
    if is_deeper(params, PARAMS_DEPTH_LIMIT):  # first: json.dumps would recurse
        return [
            ParamError(
                "", f"Params may be nested at most {PARAMS_DEPTH_LIMIT} levels deep.", "too_deep"
            )
        ]
    try:
        text = json.dumps(params, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return [ParamError("", "Params may not hold NaN or Infinity.", "unstorable")]
    if len(text.encode(errors="surrogatepass")) > PARAMS_LIMIT:
        return [
            ParamError("", f"Params may have at most {PARAMS_LIMIT:,} bytes as JSON.", "too_large")
        ]
    if storable_json(params) != params:
        return [ParamError("", "Params may not hold NUL or lone surrogates.", "unstorable")]
    return []


def form_errors(form: forms.Form) -> list[ParamError]:
    """The errors of a bound form, in the order of its fields."""
    return [
        ParamError(
            "" if name == "__all__" else name, str(error["message"]), error["code"] or "invalid"
        )
        for name, found in form.errors.get_json_data().items()
        for error in found
    ]


def _refuse(errors: list[ParamError]) -> None:
    if errors:
        raise InvalidParams(errors)


def _errors_of_given(
    job_type: JobType, fields: Mapping[str, forms.Field], params: Mapping[str, Any]
) -> list[ParamError]:
    if errors := unstorable(params):
        return errors
    errors = [
        ParamError(name, "This parameter is not known.", "unknown")
        for name in params
        if name not in fields
    ]
    errors += [
        ParamError(name, "This parameter is required.", "required")
        for name, value in params.items()
        if value is None and name in fields and not may_be_null(fields[name])
    ]
    errors += _type_errors(fields, params)
    return errors + [
        ParamError(name, "This is how a secret is shown, not the secret.", "masked")
        for name in job_type.secret_fields
        if params.get(name) == MASK
    ]


def _other_errors(
    form: forms.Form, params: Mapping[str, Any], faulty: set[str], kept: Mapping[str, Any] | None
) -> list[ParamError]:
    """Return the form's errors of the params that are not `faulty`, so that one answer names all errors."""
    if "" in faulty:  # of all params together: they may be nested too deeply to look at
        return []
    sound = {
        name: normal(form.fields[name], value)
        for name, value in params.items()
        if name not in faulty
    }
    try:
        complete = _complete(form, {**(kept or {}), **sound})
        _clean(form, {name: value for name, value in complete.items() if name not in faulty})
    except InvalidParams as error:
        # Rules over several fields may fail only because faulty ones are missing.
        return [one for one in error.errors if one.name and one.name not in faulty]
    return []


def _type_errors(fields: Mapping[str, forms.Field], params: Mapping[str, Any]) -> list[ParamError]:
    return [
        ParamError(name, f"Must be {json_type(fields[name]).words}.", "invalid")
        for name, value in params.items()
        if name in fields and not fits(fields[name], value)
    ]


def _complete(form: forms.Form, stored: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each field of the form: the stored one, or else the initial one.

    Raises: InvalidParams if one has not the type of its field, as after the form was changed.
    """
    complete, errors = {}, []
    for name, field in form.fields.items():
        try:
            complete[name] = (
                refit(field, stored[name])
                if name in stored
                else from_initial(field, form.get_initial_for_field(field, name))
            )
        except Unreadable:
            message = f"Its initial value is not {json_type(field).words}."
            errors.append(ParamError(name, message, "invalid"))
    _refuse(errors + _type_errors(form.fields, complete))
    return complete


def _clean(blank: forms.Form, stored: Mapping[str, Any]) -> dict[str, Any]:
    form = type(blank)(
        data={
            blank.add_prefix(name): to_form(blank.fields[name], value)
            for name, value in stored.items()
        }
    )
    for field in form.fields.values():
        take_json(field)
    if not form.is_valid():
        raise InvalidParams(form_errors(form))
    return form.cleaned_data


class _Encoder(json.JSONEncoder):
    def default(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return moment_text(value)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, models.Model):
            return value.pk
        if isinstance(value, models.QuerySet):
            return [one.pk for one in value]
        if isinstance(value, set | frozenset):
            return list(value)
        return str(value)
