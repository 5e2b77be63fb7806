"""Once-only keys: a form that is sent twice makes one job, not two.

Each form that makes something carries its own key. The key and the form's content make the job's
idempotency key, so PostgreSQL decides between two simultaneous requests. The same key with other
content makes another job.
"""

import hashlib
import json
import uuid
from collections.abc import Collection
from typing import Any

from django.core.signing import Signer
from django.http import HttpRequest

from jobs.lifecycle import FORM_KEY

FIELD = "once"
# once.js appends it and the time to the key of a page from the browser's cache (Back button).
RENEWED = "~"
NOT_CONTENT = (FIELD, "csrfmiddlewaretoken")


def key_signer() -> Signer:
    """The signer of keys. The signature proves that this site gave the form to an account.

    Made at each use, because `manage.py up` imports the admin before SECRET_KEY exists.
    """
    return Signer(salt="jobs.admin.once")


def new_key(user: Any) -> str:
    """A new key for a form shown to `user`."""
    return key_signer().sign(f"{user.pk}-{uuid.uuid4().hex}")


def key_of_form(request: HttpRequest) -> str:
    """The key for a form that is shown again: the one that was sent, or a new one."""
    return request.POST.get(FIELD) or new_key(request.user)


def form_idempotency_key(
    request: HttpRequest, *more: object, without: Collection[str] = ()
) -> str | None:
    """The idempotency key of what the form makes; None if the form has no once-only key.

    `more` separates the jobs that one form makes, such as the ids of the jobs to launch again.
    The entries `without` do not count.
    """
    if not request.POST.get(FIELD):
        return None
    left_out = {*NOT_CONTENT, *without}
    content = {name: values for name, values in request.POST.lists() if name not in left_out}
    parts = [request.POST[FIELD], request.get_full_path(), content, *map(str, more)]
    return FORM_KEY + hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
