"""The refresh of the job list: what changed on an open page, in one request."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse, QueryDict

from jobs.admin import picture
from jobs.admin.digest import digest_of
from jobs.admin.display import live_cells
from jobs.admin.job_list.composition import composed_list
from jobs.admin.job_list.live_list import Shown
from jobs.admin.job_list.rows import JobRow

SHOWN_IDS_LIMIT = 200
NEVER = UUID(int=2**128 - 1)


def list_changes(request: HttpRequest, model_admin: "ModelAdmin[Any]") -> HttpResponse:
    """What changed on an open page of the list; 304 if nothing did since its last answer.

    `?ids=` are the jobs on the page, each with the tags of what it shows ("ID.tag.tag"), `?since=`
    is an id of the moment at which it was opened, and the other parameters are its address.

    {"rows": {id: {"tags": "tag.tag", "cells": {column: html}}}, "left": [id], "gone": [id],
    "tabs": {status: text}, "count": "52 jobs", "new": "3 new", "attention": "3"}. Only rows and
    columns with other tags are in it. Rows of `left` no longer match the filters; those of `gone`
    were deleted, or the user may no longer see them. `tabs`, `count` and `new` are null for a while
    after counting took too long; the answer to that request is 503.
    """
    query = request.GET.copy()
    tags, opened = _tags_by_id(query), _taken(query, "since")
    live_list = composed_list(request, query, model_admin)
    shown = live_list.read(request.user, [*tags], _uuid(opened[0]) if opened else NEVER)
    if shown is None:
        return HttpResponse(status=503)
    state = _page_state(shown, [*tags])
    rows = {id: _row_tags(row) for id, row in shown.rows.items()}
    etag = f'"{digest_of([[*rows.values()], state])}"'
    if picture.has_etag(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    changed = {
        id.hex: _changes(row, rows[id], tags[id])
        for id, row in shown.rows.items()
        if rows[id] != tags[id]
    }
    return JsonResponse({"rows": changed, **state}, headers={"ETag": etag})


def _row_tags(row: JobRow) -> str:
    return f"{live_cells.job_tag(row)}.{live_cells.estimate_tag(row)}"


def _changes(row: JobRow, now: str, before: str) -> dict[str, Any]:
    is_same_job = now.partition(".")[0] == before.partition(".")[0]
    changed = live_cells.ESTIMATED_COLUMNS if is_same_job else tuple(live_cells.LIVE_COLUMNS)
    return {"tags": now, "cells": live_cells.contents(row, changed)}


def _page_state(shown: Shown, ids: list[UUID]) -> dict[str, Any]:
    return {
        "left": [id.hex for id in ids if id in shown.rows and shown.rows[id].left_as],
        "gone": [id.hex for id in ids if id not in shown.rows],
        "tabs": shown.tabs,
        "count": shown.count,
        "new": shown.new,
        "attention": shown.attention,
    }


def _tags_by_id(query: QueryDict) -> Mapping[UUID, str]:
    given = [one.partition(".") for one in _taken(query, "ids")]
    if len(given) > SHOWN_IDS_LIMIT:
        raise BadRequest(f"At most {SHOWN_IDS_LIMIT} ids.")
    return {_uuid(id): tags for id, _, tags in given}


def _taken(query: QueryDict, name: str) -> list[str]:
    """Take a parameter of values, separated by commas, out of the query."""
    texts: Any = query.pop(name, [])
    return [one for one in ",".join(texts).split(",") if one]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest("ids: UUIDs, separated by commas.") from None
