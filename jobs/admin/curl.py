"""The call of the API that equals a launch, to copy into a script."""

import json
import shlex
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from jobs import parameters
from jobs.admin.params_form import initial_of
from jobs.registry import JobType


def of(request: HttpRequest, job_type: JobType, form: forms.Form) -> str:
    """A curl command that launches the type as its form stands, secrets masked; the token is left to fill in."""
    body = {"type": job_type.slug, "params": parameters.mask(job_type, _shown(form))}
    if name := request.POST.get("name", "").strip():
        body = {"name": name} | body
    # Strings have no line breaks in JSON, so this moves nothing but its lines.
    text = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return " \\\n  ".join(
        [
            f"curl -X POST {request.build_absolute_uri(reverse('api:jobs'))}",
            '-H "Authorization: Token $TOKEN"',
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(text)}",
        ]
    )


def _shown(form: forms.Form) -> dict[str, Any]:
    """The params as JSON: what is valid as it will be sent, the rest as it was typed; of a new form its defaults."""
    if not form.is_bound:
        return parameters.as_json(
            {name: value for name, value in initial_of(form).items() if value is not None}
        )
    form.is_valid()
    typed = {name: form[name].value() for name in form.errors if name in form.fields}
    known = form.cleaned_data | typed
    return parameters.as_json({name: known[name] for name in form.fields if name in known})
