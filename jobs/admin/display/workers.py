"""The one name of a worker on all pages: a link to it on the home page, while it is known."""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin_site import admin_url
from jobs.models import Worker

# A worker's id: 32 hexadecimal digits, new at each start.
LONG_WORKER_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")


def shorten_worker_ids(text: str) -> str:
    """`text` with the ids of workers cut to their first 8 digits."""
    return LONG_WORKER_ID.sub(r"\1", text)


def worker_link(worker_id: str, worker: Worker | None) -> SafeString:
    """Host and process as a link; the first digits of the id if the worker is no longer known."""
    if worker is None:
        return format_html('<span title="{}">{}</span>', worker_id, shorten_worker_ids(worker_id))
    url = f"{admin_url('index')}#worker-{worker.pk}"
    return format_html('<a href="{}" title="{}">{}</a>', url, worker.pk, worker)
