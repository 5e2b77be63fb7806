"""The refresh of the job list: what changed on an open page, in one request."""

import re
from collections.abc import Iterable, Mapping
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
from jobs.admin.job_list.live_rows import LiveRow

SHOWN_IDS_LIMIT = 200
NEVER = str(UUID(int=2**128 - 1))
HEX = re.compile("[0-9a-f]{32}")


def list_changes(request: HttpRequest, model_admin: "ModelAdmin[Any]") -> HttpResponse:
    """What changed on an open page of the list; 304 if nothing did since its last answer.

    `?ids=` are the jobs on the page, each with the tags of what it shows ("ID.tag.tag"), `?since=`
    is an id of the moment at which it was opened, and the other parameters are its address.

    {"rows": {id: {"tags": "tag.tag", "cells": {column: html}}}, "left": [id], "gone": [id],
    "tabs": {status: text}, "count": "52 jobs", "new": "3 new", "attention": "3",
    "held": html}. Only rows and columns with other tags are in it. Rows of `left` no longer match
    the filters; those of `gone` were deleted, or the user may no longer see them. `tabs`, `count`
    and `new` are null for a while after counting took too long; the answer to that request is 503.
    """
    query = request.GET.copy()
    tags, opened = _tags_by_id(query), _taken(query, "since")
    live_list = composed_list(request, query, model_admin)
    shown = live_list.read(request.user, tags, _id(opened[0]) if opened else NEVER)
    if shown is None:
        return HttpResponse(status=503)
    state = _page_state(request, shown, tags)
    rows = {id: _row_tags(shown.rows[id]) for id in tags if id in shown.rows}
    etag = f'"{digest_of([rows, state])}"'
    if picture.has_etag(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    changed = {
        _hex(id): _changes(shown.rows[id], now) for id, now in rows.items() if now != tags[id]
    }
    return JsonResponse({"rows": changed, **state}, headers={"ETag": etag})


def _row_tags(row: LiveRow) -> str:
    return f"{live_cells.job_tag(row)}.{live_cells.estimate_tag(row)}"


def _changes(row: LiveRow, tags: str) -> dict[str, Any]:
    estimated = live_cells.ESTIMATED_COLUMNS.get(row.status, ())
    changed = tuple(live_cells.LIVE_COLUMNS) if row.job else estimated
    return {"tags": tags, "cells": live_cells.contents(row.newest(), changed)}


def _page_state(request: HttpRequest, shown: Shown, ids: Iterable[str]) -> dict[str, Any]:
    return {
        "left": [_hex(id) for id in ids if id in shown.rows and shown.rows[id].left_as],
        "gone": [_hex(id) for id in ids if id not in shown.rows],
        "tabs": shown.tabs,
        "count": shown.count,
        "new": shown.new,
        **shown.frame.answer(request),
    }


def _tags_by_id(query: QueryDict) -> Mapping[str, str]:
    given = [one.partition(".") for one in _taken(query, "ids")]
    if len(given) > SHOWN_IDS_LIMIT:
        raise BadRequest(f"At most {SHOWN_IDS_LIMIT} ids.")
    return {_id(id): tags for id, _, tags in given}


def _taken(query: QueryDict, name: str) -> list[str]:
    """Take a parameter of values, separated by commas, out of the query."""
    texts: Any = query.pop(name, [])
    return [one for one in ",".join(texts).split(",") if one]


def _id(text: str) -> str:
    """The id as PostgreSQL writes it."""
    if not HEX.fullmatch(text):
        try:
            text = UUID(text).hex
        except ValueError:
            raise BadRequest("ids: UUIDs, separated by commas.") from None
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _hex(id: str) -> str:
    """The id as the page has it."""
    return id.replace("-", "")
