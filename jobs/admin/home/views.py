"""The home page and its refresh: regions, each a template, that are replaced when they change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone

from jobs import access, stats
from jobs.admin import picture
from jobs.admin.digest import digest_of
from jobs.admin.holds.banner import frame_of
from jobs.admin.home.figures import home_context, home_reads

HOME_REGIONS = ("tiles", "attention", "failures", "chart", "my_jobs", "queues", "workers")
# What changes from one moment to the next: texts of times, and starts of periods in links.
OF_THE_MOMENT = re.compile(r"(?<=>)[^<]*(?=</time>)|finished_after=[^&\"]*")


@dataclass(frozen=True)
class Region:
    """A part of the page: its HTML, and a tag that changes with it."""

    html: str
    tag: str


def home_page(request: HttpRequest) -> dict[str, Any]:
    """Return the context of the home page, for a user who may see jobs. One query."""
    reads = home_reads(request.user)
    found = stats.read_together(reads) or {}
    context = home_context({name: read.load(found[name]) for name, read in reads.items()})
    context |= _offers(request.user)
    return context | {"regions": _home_regions(request, context)}


def home_changes(request: HttpRequest) -> HttpResponse:
    """The regions whose tags differ from those in `?tags=` ("tiles.TAG,chart.TAG"); else 304.

    {"regions": {name: {"html": html, "tag": tag}}, "attention": "3", "held": html}. One query, or
    none if another viewer with the same rights has just made it.
    """
    reads = home_reads(request.user)
    found = picture.read_picture(request.user, shared=reads)
    if found is None:  # it took too long
        return HttpResponse(status=503)
    etag = f'"{_home_version(found)}"'
    if picture.has_etag(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    loaded = {name: read.load(found[name]) for name, read in reads.items()}
    context = home_context(loaded) | _offers(request.user)
    shown = set(request.GET.get("tags", "").split(","))
    changed = {
        name: {"html": region.html, "tag": region.tag}
        for name, region in _home_regions(request, context).items()
        if f"{name}.{region.tag}" not in shown
    }
    answer = {"regions": changed, **frame_of(loaded).answer(request)}
    return JsonResponse(answer, headers={"ETag": etag})


def _offers(user: Any) -> dict[str, bool]:
    return {
        "may_launch": access.may_launch_some(user),
        "may_acknowledge": access.may_cancel_some(user),
    }


def _home_version(found: Mapping[str, Any]) -> str:
    """Changes with what was read, every 10 minutes, and not with the heartbeats of the live."""
    processes = {
        name: [
            {
                key: value
                for key, value in row.items()
                if key != "heartbeat_at" or not row["is_live"]
            }
            for row in found[name]
        ]
        for name in ("workers", "upkeep")
    }
    moment = timezone.now().strftime("%Y%m%d%H%M")[:-1]
    return digest_of([moment, {**found, **processes}])


def _home_regions(request: HttpRequest, context: Mapping[str, Any]) -> dict[str, Region]:
    regions = {}
    for name in HOME_REGIONS:
        html = render_to_string(f"admin/jobs/home/{name}.html", dict(context), request)
        regions[name] = Region(html, digest_of(OF_THE_MOMENT.sub("", html), size=3))
    return regions
