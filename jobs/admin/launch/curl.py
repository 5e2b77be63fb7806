"""The API call that does the same as a launch form, to copy into a script."""

import json
import re
import shlex
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from jobs import parameters
from jobs.admin import once
from jobs.admin.launch.file_inputs import FILE_NAME, UploadInput
from jobs.admin.launch.params_form import initial_params, sent_fields
from jobs.models import Job
from jobs.registry import JobType
from jobs.safe_text import file_name

READ_ID = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"id\"])'"
NOT_IN_VARIABLE_NAMES = re.compile(r"[^A-Z0-9_]")


def curl_command(
    request: HttpRequest,
    job_type: JobType,
    form: forms.Form,
    model: Job | None = None,
    name: str = "",
    filled_in: Mapping[str, Any] | None = None,
    about: str = "",
) -> str:
    """A curl command that launches the type with the form's params, or `model` with its changes.

    In a form that was not sent, those are the params `filled_in`. `about` refers to an object.

    Token and secrets are shell variables. The same call has the same Idempotency-Key.
    """
    path = reverse("jobs_api:job-rerun", args=[model.pk]) if model else reverse("jobs_api:jobs")
    params = _params(job_type, form, model, filled_in or {})
    params, variables = _with_placeholders(request, job_type, form, params)
    uploads = _with_uploads(request, form, params)
    variables |= {placeholder: variable for placeholder, variable, _ in uploads}
    body: dict[str, Any] = {} if model else {"type": job_type.slug}
    if name.strip() and not (model and name.strip() == model.name):
        body = {"name": name.strip()} | body
    body |= {"about": about} if about else {}
    body |= {"params": params}
    # JSON strings contain no line breaks, so this indents the lines of the body alone.
    text = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    key = uuid.uuid5(uuid.NAMESPACE_URL, f"{once.key_of_form(request)} {path} {text}")
    quoted = shlex.quote(_printable(text))
    for placeholder, variable in variables.items():
        # Ends the single quotes, adds the variable in double quotes, and starts them again.
        quoted = quoted.replace(placeholder, f"'\"${variable}\"'")
    sent_first = [_upload_command(request, job_type, one, file) for _, one, file in uploads]
    call = " \\\n  ".join(
        [
            f"curl -X POST {shlex.quote(request.build_absolute_uri(path))}",
            '-H "Authorization: Token $TOKEN"',
            "-H 'Content-Type: application/json'",
            f"-H 'Idempotency-Key: {key}'",
            f"-d {quoted}",
        ]
    )
    return "\n".join([*sent_first, call])


def _with_uploads(
    request: HttpRequest, form: forms.Form, params: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """Put a placeholder for each file that is not kept yet into `params`.

    Returns, for each, the placeholder, the shell variable of its id, and the name of the file.
    """
    uploads = []
    for name, field in form.fields.items():
        chosen = request.POST.get(f"{form.add_prefix(name)}{FILE_NAME}", "")
        wanted = field.required and params.get(name) is None and not form.is_bound
        if isinstance(field.widget, UploadInput) and (chosen or wanted):
            seed = f"{once.key_of_form(request)} {name}"
            params[name] = placeholder = uuid.uuid5(uuid.NAMESPACE_OID, seed).hex
            variable = f"UPLOAD_{NOT_IN_VARIABLE_NAMES.sub('_', name.upper())}"
            uploads.append((placeholder, variable, file_name(chosen) if chosen else "FILE"))
    return uploads


def _upload_command(request: HttpRequest, job_type: JobType, variable: str, file: str) -> str:
    """A command that sends a file, and puts the id of the upload into a shell variable."""
    query = urlencode({"name": file, "type": job_type.slug})
    address = request.build_absolute_uri(f"{reverse('jobs_api:uploads')}?{query}")
    lines = [
        f"{variable}=$(curl -sS -X POST {shlex.quote(address)}",
        "-H \"Authorization: Token $TOKEN\" -H 'Content-Type: application/octet-stream'",
        f"--data-binary {shlex.quote(f'@{file}')}",
        f"| {READ_ID})",
    ]
    return " \\\n  ".join(lines)


def _with_placeholders(
    request: HttpRequest, job_type: JobType, form: forms.Form, params: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The params with a placeholder for each secret, and the shell variable of each."""
    variables = {}
    for name in _sent_secrets(job_type, form, params):
        seed = f"{once.key_of_form(request)} {name}"
        params[name] = placeholder = uuid.uuid5(uuid.NAMESPACE_OID, seed).hex
        is_text = parameters.json_type(form.fields[name]).accepts("text")
        variable = f"SECRET_{NOT_IN_VARIABLE_NAMES.sub('_', name.upper())}"
        variables[placeholder if is_text else f'"{placeholder}"'] = variable
    return params, variables


def _sent_secrets(job_type: JobType, form: forms.Form, params: dict[str, Any]) -> list[str]:
    """The secrets that the call must send: those entered, and those that the form requires."""
    empty = (None, "")
    return [
        name
        for name in job_type.secret_fields
        if params.get(name) not in empty or form.fields[name].required
    ]


def _params(
    job_type: JobType, form: forms.Form, model: Job | None, filled_in: Mapping[str, Any]
) -> dict[str, Any]:
    """The params as JSON, invalid values as typed; the defaults of a form that was not sent."""
    if not form.is_bound:
        return dict(filled_in) if model else initial_params(form)
    return {name: _value(form[name]) for name in sent_fields(job_type, form, model)}


def _value(field: forms.BoundField) -> Any:
    try:
        return _typed(field) if field.errors else parameters.from_widget(field.field, field.data)
    except parameters.Unreadable:
        return _typed(field)


def _typed(field: forms.BoundField) -> Any:
    data = field.data
    return data if data is None or isinstance(data, str | list | bool) else str(data)


def _printable(text: str) -> str:
    """JSON text with unprintable and control characters escaped."""
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )
