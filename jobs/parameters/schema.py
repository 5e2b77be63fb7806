"""Describes the params of a job type as JSON Schema, for programs that call the API."""

from typing import Any

from django import forms

from jobs.parameters.choices import choices_of
from jobs.parameters.forms import make_form
from jobs.parameters.json_types import json_type, may_be_null
from jobs.parameters.to_json import from_initial
from jobs.registry import JobType

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(job_type: JobType, user: Any = None) -> dict[str, Any]:
    """Return the schema of `params` (JSON Schema 2020-12), with the choices that `user` has.

    It lacks the rules over several fields, such as since before until, which only the form has.
    """
    form = make_form(job_type, user)
    initial = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    properties = {
        # A computed default, such as a week ago, has no constant value.
        name: _property(field, None if callable(field.initial) else initial[name])
        | _secrecy(name, job_type)
        for name, field in form.fields.items()
    }
    needed = [
        name
        for name, field in form.fields.items()
        if field.required and initial[name] is None and not may_be_null(field)
    ]
    return {
        "$schema": DIALECT,
        "title": job_type.label,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    } | ({"required": needed} if needed else {})


def _property(field: forms.Field, initial: Any) -> dict[str, Any]:
    schema = dict(json_type(field).schema)
    choices = choices_of(field)
    if schema.get("type") == "array":
        schema["items"] = {"type": "string", "enum": choices} if choices else {}
    elif choices:
        schema["enum"] = choices
    schema |= _field_limits(field)
    if may_be_null(field):
        schema = _or_null(schema)
    about: dict[str, Any] = {"title": str(field.label or ""), "description": str(field.help_text)}
    about |= {} if initial is None else {"default": from_initial(field, initial)}
    about |= {"readOnly": True} if field.disabled else {}
    return {name: value for name, value in about.items() if value != ""} | schema


def _field_limits(field: forms.Field) -> dict[str, Any]:
    if isinstance(field, forms.FileField):  # its limit is that of the file's name
        return {}
    pairs = {
        "maxLength": getattr(field, "max_length", None),
        # The form accepts "" for an optional text, regardless of min_length.
        "minLength": getattr(field, "min_length", None) if field.required else None,
        "maximum": getattr(field, "max_value", None),
        "minimum": getattr(field, "min_value", None),
    }
    return {name: limit for name, limit in pairs.items() if isinstance(limit, int | float)}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    kind = schema.get("type")
    if kind is None:
        return schema
    kinds = [one for one in (kind if isinstance(kind, list) else [kind]) if one != "null"]
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [*kinds, "null"]} | enum


def _secrecy(name: str, job_type: JobType) -> dict[str, Any]:
    return {"writeOnly": True, "format": "password"} if name in job_type.secret_fields else {}
