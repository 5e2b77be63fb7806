"""Middleware: metrics, client address, request id, length, caching, content policy, time zone."""

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from backoffice.errors import error_response, explain_method
from backoffice.health import PROBES
from backoffice.logging import request_id, trace_id
from backoffice.metrics.counts import DOORS, REQUEST_SECONDS, REQUESTS
from backoffice.metrics.scrape import scrape_by_token
from jobs.trace_context import read_traceparent, trace_id_of
from jobs.uploads import format_size

GetResponse = Callable[[HttpRequest], HttpResponse]
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
# 192.0.2.1:4711, [2001:db8::1]:4711 and [2001:db8::1]; a bare IPv6 address has colons and no port.
WITH_PORT = re.compile(r"\[(?P<v6>[^]]+)\](:\d+)?|(?P<v4>[0-9.]+):\d+", re.ASCII)
BODY_FRAME_BYTES = 1024 * 1024  # around a file: the other entries of a form
ZONE_COOKIE = "zone"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

logger = logging.getLogger("backoffice.request")
zone_names = cache(available_timezones)


def respond_to_probes(get_response: GetResponse) -> GetResponse:
    """Answer probes, and scrapes with the token, before all else.

    They know no host name and speak no HTTPS.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        answered = scrape_by_token(request) if request.path_info == "/metrics" else None
        return answered or PROBES.get(request.path_info, get_response)(request)

    return middleware


def count_requests(get_response: GetResponse) -> GetResponse:
    """Count each request, with the seconds until its response begins, for /metrics.

    A long poll takes as long as its caller wants, so its seconds are left out.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        response = get_response(request)
        endpoint, door = endpoint_of(request)
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(endpoint, method, response.status_code).inc()
        if "wait=" not in request.META.get("QUERY_STRING", ""):
            REQUEST_SECONDS.labels(door).observe(time.monotonic() - started)
        return response

    return middleware


def endpoint_of(request: HttpRequest) -> tuple[str, str]:
    """Return the name of the request's URL, such as "jobs_api:jobs", and "api", "admin" or "other".

    The names are those of our URLs, so that a client cannot make new series.
    """
    if (match := request.resolver_match) is not None:
        door = next((DOORS[one] for one in match.namespaces if one in DOORS), "other")
        return match.view_name, door
    return "static" if request.path.startswith(settings.STATIC_URL) else "unknown", "other"


def find_client(get_response: GetResponse) -> GetResponse:
    """Make REMOTE_ADDR the client's address, for sign-in limits and logs; "" if unknown.

    Each proxy appends the address it saw, so the client's is the entry TRUSTED_PROXY_COUNT from
    the right. Everything left of it can be forged. The header is removed so that no other code
    trusts it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        hops = request.META.pop("HTTP_X_FORWARDED_FOR", "").split(",")
        peer = address_in(request.META.get("REMOTE_ADDR") or "")
        count = settings.TRUSTED_PROXY_COUNT
        found = address_in(hops[-count]) if 0 < count <= len(hops) else ""
        request.META["REMOTE_ADDR"] = found or peer
        return get_response(request)

    return middleware


def address_in(text: str) -> str:
    """Return the IP address in `text`, without port, brackets, quotes and zone; "" if none.

    An IPv4 address mapped into IPv6 is returned as IPv4, so that each client has one address.
    """
    bare = text.strip().strip('"')
    shape = WITH_PORT.fullmatch(bare)
    host = (shape["v6"] or shape["v4"]) if shape else bare
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address as django-axes stores it; None if unknown."""
    return request.META.get("REMOTE_ADDR") or None


def demand_length(get_response: GetResponse) -> GetResponse:
    """Answer 411 to a body in chunks, and 413 to one that no file of the site may have.

    Django reads as many bytes as Content-Length says, so it would see an empty body: a rerun "with
    these params" would run with the old ones, without an error.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            detail = "Send the body in one piece, with its Content-Length."
            return error_response(request, 411, "length_required", detail)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.UPLOAD_LIMIT_BYTES + BODY_FRAME_BYTES:
            detail = f"A file may have at most {format_size(settings.UPLOAD_LIMIT_BYTES)}."
            return error_response(request, 413, "too_large", detail)
        return get_response(request)

    return middleware


def identify_request(get_response: GetResponse) -> GetResponse:
    """Give the request an id, in its X-Request-ID, its log lines and its response.

    The client's X-Request-ID is kept if it is safe to log; otherwise it is replaced. The trace of
    the client's `traceparent` is in the log lines too; a malformed header is emptied.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = name
        token, started = request_id.set(name), time.monotonic()
        trace_token = trace_id.set(_given_trace(request))
        try:
            response = get_response(request)
            log_request(request, response, time.monotonic() - started)
        finally:
            request_id.reset(token)
            trace_id.reset(trace_token)
        response["X-Request-ID"] = name
        return response

    return middleware


def _given_trace(request: HttpRequest) -> str:
    """Return the trace of the header, which is written as version 00 or emptied; "" for none."""
    if not (given := request.META.get("HTTP_TRACEPARENT")):
        return ""
    request.META["HTTP_TRACEPARENT"] = read_traceparent(given)
    return trace_id_of(request.META["HTTP_TRACEPARENT"])


def log_request(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Log one line for the request, without its query, which may hold personal search terms."""
    fields = {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "seconds": round(seconds, 3),
        "client": request.META.get("REMOTE_ADDR"),
    }
    logger.info("%(method)s %(path)s %(status)s", fields, extra=fields)


def forbid_caching(get_response: GetResponse) -> GetResponse:
    """Set Cache-Control to `private, no-store` on every response that does not set its own.

    Nearly every response belongs to one account; a shared cache must not keep it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def explain_methods(get_response: GetResponse) -> GetResponse:
    """Explain an empty 405: after a sign-in or from a bookmark, browsers GET a POST-only URL."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not response.streaming and not response.content:
            return explain_method(request, response)
        return response

    return middleware


def omit_bodies(get_response: GetResponse) -> GetResponse:
    """Remove the body of responses to HEAD and the Content-Length of 204 and 304 (RFC 9110, 8.6).

    gunicorn drops such a body itself, but logs a warning for each.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code in (204, 304):
            del response.headers["Content-Length"]
        if request.method == "HEAD" and not response.streaming:
            response.content = b""
        return response

    return middleware


def send_content_policy(get_response: GetResponse) -> GetResponse:
    """Send SECURE_CSP as Content-Security-Policy; Django 6 does this itself: delete this then."""
    policy = "; ".join(f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware


def use_browser_zone(get_response: GetResponse) -> GetResponse:
    """Read and show times in the admin in the browser's zone, which zone.js keeps in a cookie."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get(ZONE_COOKIE, "")
        if name not in zone_names() or not request.path.startswith(reverse("admin:index")):
            return get_response(request)
        with timezone.override(name):
            return get_response(request)

    return middleware
