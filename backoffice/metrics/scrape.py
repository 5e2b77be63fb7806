"""The response to a scrape."""

import time
from collections.abc import Iterator

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from backoffice.health import has_probe_token
from backoffice.metrics.counts import register_counts
from backoffice.metrics.families import families_of, scrape_seconds
from backoffice.metrics.figures import read_figures


class SiteCollector(Collector):
    """The figures of PostgreSQL and Redis as prometheus_client asks for them."""

    def collect(self) -> Iterator[Metric]:
        """Read the figures, and yield their series."""
        began_at = time.monotonic()
        yield from families_of(read_figures())
        yield scrape_seconds(time.monotonic() - began_at)


def metrics(request: HttpRequest) -> HttpResponse:
    """Return all series; for staff or the probe token, as /healthz."""
    if not (request.user.is_staff or has_probe_token(request)):
        raise PermissionDenied
    return _response(request)


def scrape_by_token(request: HttpRequest) -> HttpResponse | None:
    """Return all series to the bearer of the probe token; None for any other request.

    Prometheus asks each web server by its address inside the network, without session and host
    name, so this needs neither.
    """
    if request.method in ("GET", "HEAD") and has_probe_token(request):
        return _response(request)
    return None


def _response(request: HttpRequest) -> HttpResponse:
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    registry = CollectorRegistry()
    registry.register(SiteCollector())  # first, so that errors of this scrape are counted
    register_counts(registry)
    response = HttpResponse(encode(registry), content_type=content_type)
    response["Cache-Control"] = "no-store"
    return response
