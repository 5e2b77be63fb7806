"""Checks params by their type's form, stores them as JSON, and binds them again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django import forms
from django.db import models
from django.utils.translation import override

from jobs.parameters.json_types import json_type, moment, moment_text
from jobs.registry import JobType
from jobs.text import is_deeper, storable_json, words

PARAMS_LIMIT = 64 * 1024
PARAMS_DEPTH_LIMIT = 32
MASK = "********"
HIDDEN_LENGTH = 4  # a shorter secret stands by chance in any text


@dataclass(frozen=True)
class ParamError:
    """What is wrong with one parameter; `name` is "" when it is all of them together."""

    name: str
    message: str
    code: str


class InvalidParams(Exception):
    """The type's form refuses the params."""

    def __init__(self, errors: list[ParamError]) -> None:
        super().__init__("; ".join(f"{e.name}: {e.message}" if e.name else e.message for e in errors))
        self.errors = errors


def validate(job_type: JobType, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` (parsed JSON) as they are to be stored: checked, complete with defaults, JSON again.

    Raises: InvalidParams, with every error found.
    """
    if error := unstorable(params):
        raise InvalidParams([error])
    fields = job_type.form().fields
    errors = [
        ParamError(name, "This parameter is not known.", "unknown") for name in params if name not in fields
    ]
    errors += [
        ParamError(name, message, "invalid")
        for name, value in params.items()
        if name in fields and (message := _type_error(fields[name], value))
    ]
    errors += [
        ParamError(name, "This is how a secret is shown, not the secret.", "masked")
        for name in job_type.secret_fields
        if params.get(name) == MASK
    ]
    if errors:
        raise InvalidParams(errors)
    return as_json(_clean(job_type, params))


def unstorable(params: Mapping[str, Any]) -> ParamError | None:
    """What keeps parsed JSON from being stored, whatever the form: its depth, its size, text PostgreSQL refuses."""
    if is_deeper(params, PARAMS_DEPTH_LIMIT):  # first: json.dumps would recurse
        return ParamError("", f"Params may be nested {PARAMS_DEPTH_LIMIT} levels deep.", "too_deep")
    if len(json.dumps(params, ensure_ascii=False).encode(errors="surrogatepass")) > PARAMS_LIMIT:
        return ParamError("", f"Params may have {PARAMS_LIMIT} bytes as JSON.", "too_large")
    if storable_json(params) != params:
        return ParamError("", "Params may not hold NUL or lone surrogates.", "unstorable")
    return None


def bind(job_type: JobType, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The Python values a handler gets for stored params (dates, numbers, model instances).

    Raises: InvalidParams if the form no longer takes them.
    """
    return _clean(job_type, {name: value for name, value in stored.items() if name in job_type.form().fields})


def as_json(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """A form's cleaned_data as the JSON object that is stored."""
    return {
        name: storable_json(json.loads(json.dumps(value, cls=_Encoder))) for name, value in cleaned.items()
    }


def mask(job_type: JobType | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """`params` for eyes: the values of secret fields replaced; all values where the type is gone (None)."""
    if job_type is None:  # which of them are secret went with it
        return dict.fromkeys(params, MASK)
    return {
        name: MASK if name in job_type.secret_fields and value else value for name, value in params.items()
    }


def hide(job_type: JobType, params: Mapping[str, Any], text: object) -> str:
    """`text` for eyes: the values of secret fields replaced wherever they stand in it, as in errors."""
    shown = words(text)
    for value in (params.get(name) for name in job_type.secret_fields):
        if isinstance(value, str) and len(value) >= HIDDEN_LENGTH:
            for spelling in _spellings(value):
                shown = shown.replace(spelling, MASK)
    return shown


def _spellings(secret: str) -> tuple[str, ...]:
    """How errors write a secret: as it is, or as Python, JSON and addresses quote it."""
    return secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret), quote(secret, safe="")


def _clean(job_type: JobType, params: Mapping[str, Any]) -> dict[str, Any]:
    # The site's language must not change what an API call means: "3,5" or "11/22/2026" are no JSON.
    with override(None):
        blank = job_type.form()
        given = {
            name: blank.get_initial_for_field(field, name) for name, field in blank.fields.items()
        } | dict(params)
        form = job_type.form(
            data={name: _to_form(blank.fields[name], value) for name, value in given.items()}
        )
        if not form.is_valid():
            raise InvalidParams(form_errors(form))
        return form.cleaned_data


def form_errors(form: forms.Form) -> list[ParamError]:
    """The errors of a bound form, in the order of its fields."""
    return [
        ParamError("" if name == "__all__" else name, str(error["message"]), error["code"] or "invalid")
        for name, found in form.errors.get_json_data().items()
        for error in found
    ]


def _to_form(field: forms.Field, value: Any) -> Any:
    """A JSON or Python value as the form's widget would have sent it."""
    if isinstance(field, forms.DateTimeField) and isinstance(value, str):
        return moment(value)
    if isinstance(field, forms.JSONField) and value is not None:
        return json.dumps(value)
    return value


def _type_error(field: forms.Field, value: Any) -> str:
    """What is wrong with the JSON type of `value`; "" if nothing is."""
    if value is None:
        return "This parameter is required." if field.required else ""
    expected = json_type(field)
    return "" if expected.accepts(value) else f"Must be {expected.words}."


class _Encoder(json.JSONEncoder):
    """Cleaned values as JSON that `validate` takes back: nothing is cut or rounded."""

    def default(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return moment_text(value)
        if isinstance(value, date | time):
            return value.isoformat()
        if isinstance(value, models.Model):
            return value.pk
        if isinstance(value, models.QuerySet):
            return [one.pk for one in value]
        if isinstance(value, timedelta | Decimal | UUID):
            return str(value)
        return super().default(value)
