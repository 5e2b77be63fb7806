"""What follows after jobs were launched again from the list: links to them and to the originals."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import access
from jobs.admin_site import admin_url
from jobs.filters import parse_uuid
from jobs.models import Status
from jobs.services import ACKNOWLEDGE, Row


def links_to_launched(user: Any, rows: Iterable[Row]) -> SafeString:
    """Return links for a message: the new jobs, and acknowledging the failures they repeat.

    `rows` are the outcomes of an action; those without a new job count for nothing.
    """
    new = {row.job_id: found for row in rows if (found := parse_uuid(row.detail))}
    if not new:
        return SafeString()
    shown = _of_ids(admin_url("jobs_job_changelist"), new.values())
    what = "it" if len(new) == 1 else "them"
    links = format_html(' <a href="{}">Show {}</a>.', shown, what)
    originals = _to_acknowledge(user, new)
    if not originals:
        return links
    url = admin_url("jobs_job_confirm_acknowledge")
    asks = _of_ids(url, originals, status=Status.FAILED.value, unseen="on")
    text = "the original" if len(originals) == 1 else f"the {len(originals):,} originals"
    return format_html('{} <a href="{}">Acknowledge {}</a>.', links, asks, text)


def _to_acknowledge(user: Any, ids: Iterable[UUID]) -> list[UUID]:
    if not ACKNOWLEDGE.allowed(user):
        return []
    failed = access.visible_jobs(user).filter(id__in=list(ids), status=Status.FAILED)
    return list(ACKNOWLEDGE.reachable(user, failed).order_by("id").values_list("id", flat=True))


def _of_ids(address: str, ids: Iterable[UUID], **filters: str) -> str:
    # A hundred ids: with hyphens, the address is close to the 4,094 bytes that gunicorn takes.
    query = filters | {"id": ",".join(one.hex for one in ids)}
    return f"{address}?{urlencode(query, safe=',')}"
