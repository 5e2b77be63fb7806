"""Checks params by the form of their job type, completes them for storing, and cleans them."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.utils.translation import override

from jobs.errors import InvalidParams, ParamError
from jobs.parameters.choices import with_choices
from jobs.parameters.files import FormFiles
from jobs.parameters.forms import make_form
from jobs.parameters.from_json import take_json
from jobs.parameters.json_types import fits, json_type, may_be_null
from jobs.parameters.secrets import MASK
from jobs.parameters.storable import unstorable
from jobs.parameters.to_json import Unreadable, from_initial, normal, refit
from jobs.registry import JobType
from jobs.uploads import FindUpload, any_upload, no_upload


def validate(
    job_type: JobType,
    params: Mapping[str, Any],
    kept: Mapping[str, Any] | None = None,
    *,
    user: Any = None,
    find: FindUpload = no_upload,
) -> dict[str, Any]:
    """Return `params` (parsed JSON) to store: checked, completed by initial values, not cleaned.

    `kept` are the stored params of the job that is launched again. They replace params that are
    left out, and keep the values of disabled fields. `user` launches; None may choose everything.
    `find` returns the uploads that the caller may use, and those of `kept`.

    Raises: InvalidParams, with every error found.
    """
    with override(None):
        make, files = partial(make_form, job_type, user), FormFiles(job_type, find)
        form = make()
        if errors := _errors_of_given(job_type, form.fields, params):
            faulty = {one.name for one in errors}
            raise InvalidParams(errors + _other_errors(make, form, params, faulty, kept, files))
        given = {name: value for name, value in params.items() if not form.fields[name].disabled}
        stored = {name: normal(form.fields[name], value) for name, value in given.items()}
        stored = _complete(form, {**(kept or {}), **stored})
        if kept is None:  # params that were accepted once are not refused for their size
            _raise_any(unstorable(stored))
        _cleaned_data(make, form, stored, files)
    return stored


def clean(
    job_type: JobType,
    stored: Mapping[str, Any],
    *,
    user: Any = None,
    find: FindUpload = any_upload,
) -> dict[str, Any]:
    """Return the form's cleaned_data for stored params, which the handler gets.

    `user` launched the job, with their present rights.

    Raises: InvalidParams if the form no longer accepts them.
    """
    with override(None):
        make, files = partial(make_form, job_type, user), FormFiles(job_type, find)
        form = make()
        return _cleaned_data(make, form, _complete(form, stored), files)


def changes(
    job_type: JobType, stored: Mapping[str, Any], params: Mapping[str, Any], user: Any = None
) -> bool:
    """Return whether `params`, which `validate` accepts, differ from a job's `stored` params."""
    fields = make_form(job_type, user).fields
    return any(
        _canonical(normal(fields[name], value)) != _canonical(refit(fields[name], stored.get(name)))
        for name, value in params.items()
        if not fields[name].disabled
    )


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)  # True == 1, but not as JSON


def form_errors(form: forms.Form) -> list[ParamError]:
    """Return the errors of a bound form, in the order of its fields."""
    errors = []
    for field, found in form.errors.get_json_data().items():
        name = "" if field == "__all__" else field
        for one in found:
            message, code = str(one["message"]), one["code"] or "invalid"
            if code == "invalid_choice" and name:
                message = with_choices(message, form.fields[name])
            errors.append(ParamError(name, message, code))
    return errors


def _raise_any(errors: list[ParamError]) -> None:
    if errors:
        raise InvalidParams(errors)


def _errors_of_given(
    job_type: JobType, fields: Mapping[str, forms.Field], params: Mapping[str, Any]
) -> list[ParamError]:
    if errors := unstorable(params):
        return errors
    hint = f"allowed: {', '.join(fields)}" if fields else "none is allowed"
    unknown = f"This parameter is not known; {hint}."
    errors = [ParamError(name, unknown, "unknown") for name in params if name not in fields]
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
    make: Callable[..., forms.Form],
    form: forms.Form,
    params: Mapping[str, Any],
    faulty: set[str],
    kept: Mapping[str, Any] | None,
    files: FormFiles,
) -> list[ParamError]:
    """Return the form's errors of the params that are not `faulty`, to report all at once."""
    if "" in faulty:  # an error of the params as a whole: they may be nested too deeply
        return []
    others = {name: value for name, value in params.items() if name not in faulty}
    sound = {name: normal(form.fields[name], value) for name, value in others.items()}
    try:
        complete = _complete(form, {**(kept or {}), **sound})
        sent = {name: complete[name] for name in complete.keys() - faulty}
        _cleaned_data(make, form, sent, files)
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
    """Return a value for each field of the form: the stored one, or else the initial one.

    Raises: InvalidParams if one does not have its field's type, as after a change of the form.
    """
    complete, errors = {}, []
    for name, field in form.fields.items():
        try:
            if name in stored:
                complete[name] = refit(field, stored[name])
            else:
                initial = form.get_initial_for_field(field, name)
                complete[name] = from_initial(field, initial)
        except Unreadable:
            message = f"Its initial value is not {json_type(field).words}."
            errors.append(ParamError(name, message, "invalid"))
    _raise_any(errors + _type_errors(form.fields, complete))
    return complete


def _cleaned_data(
    make: Callable[..., forms.Form],
    blank: forms.Form,
    stored: Mapping[str, Any],
    files: FormFiles,
) -> dict[str, Any]:
    """Return the cleaned data of `stored`; `blank` must not be used afterwards.

    It is bound itself, because a second form takes as long again as all the rest. A form with an
    `__init__` of its own is made again by `make`, because it may depend on the data.
    """
    fields = blank.fields
    values = {name: files.form_value(fields[name], stored[name]) for name in stored}
    data = {blank.add_prefix(name): value for name, value in values.items()}
    if type(blank).__init__ is forms.Form.__init__:
        form, blank.data, blank.is_bound = blank, data, True
    else:
        form = make(data)
    for field in form.fields.values():
        take_json(field)
    try:
        is_valid = form.is_valid()
    except FileNotFoundError:  # a validator read a file that was deleted since it was found
        _raise_any(files.lost(values))
        raise
    if (errors := files.errors(fields, stored, values)) or not is_valid:
        faulty = {one.name for one in errors}
        others = [one for one in form_errors(form) if one.name not in faulty]
        raise InvalidParams(errors + others)
    return form.cleaned_data
