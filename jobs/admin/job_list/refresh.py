"""The refresh of the job list: the live cells of the rows on the page, in one request."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse

from jobs import access
from jobs.admin.display.columns import cell_version, live_cells
from jobs.admin.job_list.rows import prepare_rows

REFRESHED_IDS_LIMIT = 200


def refreshed_cells(request: HttpRequest) -> HttpResponse:
    """{id: {column: html}} for `?ids=`; 304 if nothing changed.

    Jobs that the user may not see are left out.
    """
    jobs = access.visible_jobs(request.user).filter(id__in=_ids(request)).without_large()
    rows = prepare_rows(jobs.order_by("id"))
    etag = _etag(f"{row.pk} {cell_version(row)}" for row in rows)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return JsonResponse({str(row.pk): live_cells(row) for row in rows}, headers={"ETag": etag})


def _etag(versions: Iterable[str]) -> str:
    # Not of the HTML: its running durations differ from one request to the next.
    return f'"{hashlib.sha256(" ".join(versions).encode()).hexdigest()[:32]}"'


def _ids(request: HttpRequest) -> list[UUID]:
    given = [one for one in request.GET.get("ids", "").split(",") if one]
    if len(given) > REFRESHED_IDS_LIMIT:
        raise BadRequest(f"At most {REFRESHED_IDS_LIMIT} ids.")
    try:
        return [UUID(one) for one in given]
    except ValueError:
        raise BadRequest("ids: UUIDs, separated by commas.") from None
