"""The call of the API that equals a launch, to copy into a script."""

import json
import re
import shlex
import uuid
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from jobs import parameters
from jobs.admin import once
from jobs.admin.launch import params_form
from jobs.models import Job
from jobs.registry import JobType

NOT_IN_SHELL = re.compile(r"[^A-Z0-9_]")


def curl_command(
    request: HttpRequest,
    job_type: JobType,
    form: forms.Form,
    model: Job | None = None,
    name: str = "",
) -> str:
    """A curl command that launches the type as its form stands, or the job `model` again with what was changed.

    The token and secrets are shell variables, left to fill in. The Idempotency-Key stays the same
    for the same call.
    """
    address = reverse("api:job-rerun", args=[model.pk]) if model else reverse("api:jobs")
    params, variables = _with_marks(request, job_type, form, _shown(job_type, form, model))
    body: dict[str, Any] = {"params": params}
    if model is None:
        body = ({"name": name.strip()} if name.strip() else {}) | {"type": job_type.slug} | body
    # Strings have no line breaks in JSON, so this moves nothing but its lines.
    text = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"{once.current_key(request)} {address} {text}")
    quoted = shlex.quote(_printable(text))
    for mark, variable in variables.items():  # out of the single quotes, and in again
        quoted = quoted.replace(mark, f"'\"${variable}\"'")
    return " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(request.build_absolute_uri(address))}",
            '-H "Authorization: Token $TOKEN"',
            "-H 'Content-Type: application/json'",
            f"-H 'Idempotency-Key: {key}'",
            f"-d {quoted}",
        ]
    )


def _with_marks(
    request: HttpRequest, job_type: JobType, form: forms.Form, params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The params with a mark where each secret goes, and the shell variable of each mark."""
    variables = {}
    for name in _wanted_secrets(job_type, form, params):
        params[name] = mark = uuid.uuid5(
            uuid.NAMESPACE_OID, f"{once.current_key(request)} {name}"
        ).hex
        is_text = parameters.json_type(form.fields[name]).accepts("text")
        variables[mark if is_text else f'"{mark}"'] = (
            f"SECRET_{NOT_IN_SHELL.sub('_', name.upper())}"
        )
    return params, variables


def _wanted_secrets(job_type: JobType, form: forms.Form, params: dict[str, Any]) -> list[str]:
    """The secrets that the call must send: those that were typed, and those that the form asks for."""
    empty = (None, "")
    return [
        name
        for name in job_type.secret_fields
        if params.get(name) not in empty or form.fields[name].required
    ]


def _shown(job_type: JobType, form: forms.Form, model: Job | None) -> dict[str, Any]:
    """The params as JSON: what is valid as it will be sent, the rest as it was typed; of a new form its defaults."""
    if not form.is_bound:
        return {} if model else params_form.initial_json(form)
    return {name: _sent(form[name]) for name in params_form.sent(job_type, form, model)}


def _sent(field: forms.BoundField) -> Any:
    try:
        return _typed(field) if field.errors else parameters.from_widget(field.field, field.data)
    except parameters.Unreadable:
        return _typed(field)


def _typed(field: forms.BoundField) -> Any:
    data = field.data
    return data if data is None or isinstance(data, str | list | bool) else str(data)


def _printable(text: str) -> str:
    """Return JSON text with unprintable and control characters escaped."""
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )
