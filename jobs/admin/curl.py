"""The call of the API that equals a launch, to copy into a script."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from jobs import parameters
from jobs.registry import JobType


def as_curl(request: HttpRequest, job_type: JobType, params: Mapping[str, Any]) -> str:
    """A curl command that launches the type with `params`, secrets masked; the token is left to fill in."""
    body = {"type": job_type.slug, "params": parameters.mask(job_type, params)}
    return " \\\n  ".join(
        [
            f"curl -X POST {request.build_absolute_uri(reverse('api:jobs'))}",
            '-H "Authorization: Token $TOKEN"',
            "-H 'Content-Type: application/json'",
            f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}",
        ]
    )
