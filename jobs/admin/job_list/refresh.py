"""The refresh of the job list: the live cells of the rows on the screen, in one request."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse

from jobs import access
from jobs.admin.display import columns
from jobs.admin.job_list import rows

IDS_LIMIT = 200


def refreshed_cells(request: HttpRequest) -> HttpResponse:
    """{id: {column: html}} for `?ids=`; 304 while nothing changed.

    Jobs the caller may not see are left out.
    """
    wanted = access.visible_jobs(request.user).filter(id__in=_ids(request)).without_large()
    jobs = rows.prepare_rows(wanted.order_by("id"))
    etag = _etag(f"{job.pk} {columns.cell_version(job)}" for job in jobs)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return JsonResponse(
        {str(job.pk): columns.live_cells(job) for job in jobs}, headers={"ETag": etag}
    )


def _etag(parts: Iterable[str]) -> str:
    # Not of the HTML: the seconds in it differ from one request to the next.
    return f'"{hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]}"'


def _ids(request: HttpRequest) -> list[UUID]:
    given = [one for one in request.GET.get("ids", "").split(",") if one]
    if len(given) > IDS_LIMIT:
        raise BadRequest(f"At most {IDS_LIMIT} ids.")
    try:
        return [UUID(one) for one in given]
    except ValueError:
        raise BadRequest("ids: UUIDs, with commas between them.") from None
