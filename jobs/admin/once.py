"""Once-only keys: a form that is sent twice makes one job, not two.

Each form that makes something carries a key of its own. The key and what was filled in make the
job's idempotency key, so PostgreSQL decides between two presses, and other content under the same
key makes a job of its own.
"""

import hashlib
import json
import uuid
from typing import Any

from django.core.signing import Signer
from django.http import HttpRequest

from jobs.lifecycle import FORM_KEY
from jobs.models import Job

FIELD = "once"
# once.js adds it, and the time, to the key of a page that the browser's Back button brings back.
RENEWED = "~"
NOT_CONTENT = (FIELD, "csrfmiddlewaretoken")


def signer() -> Signer:
    """The signer of keys: what is kept of a form while its user signs in again comes from a page of this site.

    Made at each use, because `manage.py up` imports the admin before there is a SECRET_KEY.
    """
    return Signer(salt="jobs.admin.once")


def new_key(user: Any) -> str:
    """A new key for a form shown to `user`."""
    return signer().sign(f"{user.pk}-{uuid.uuid4().hex}")


def current_key(request: HttpRequest) -> str:
    """The key of the form that is shown again: the one that was sent, or a new one."""
    return request.POST.get(FIELD) or new_key(request.user)


def idempotency_key(request: HttpRequest, *more: object) -> str | None:
    """The idempotency key of what the form makes; None if the form had no once-only key.

    `more` tells apart what one form makes: the ids of the jobs that a confirmation launches again.
    """
    if not request.POST.get(FIELD):
        return None
    content = {name: values for name, values in request.POST.lists() if name not in NOT_CONTENT}
    said = [request.POST[FIELD], request.get_full_path(), content, *map(str, more)]
    return FORM_KEY + hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def already_made(job: Job) -> str:
    """Return the message for a form that was sent twice."""
    return f"This form was sent twice, and “{job}” was launched once. To launch another job, open the form again."
