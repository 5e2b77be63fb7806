"""What every request passes: whose it is, what it is called, how its body comes, what its page may load."""

import ipaddress
import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from backoffice.errors import answer
from backoffice.logging import request_id

GetResponse = Callable[[HttpRequest], HttpResponse]
SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")

logger = logging.getLogger("backoffice.request")


def find_client(get_response: GetResponse) -> GetResponse:
    """Make REMOTE_ADDR the client's address, once, for sign-in limits, throttles and logs.

    Each proxy appends the address it saw, so the client's stands TRUSTED_PROXY_COUNT from the
    right; what stands left of it anyone can write. The header goes: nobody else shall believe it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        hops = request.META.pop("HTTP_X_FORWARDED_FOR", "").split(",")
        count = settings.TRUSTED_PROXY_COUNT
        if 0 < count <= len(hops) and is_address(hops[-count].strip()):
            request.META["REMOTE_ADDR"] = hops[-count].strip()
        return get_response(request)

    return middleware


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def demand_length(get_response: GetResponse) -> GetResponse:
    """Refuse a body that comes in chunks: Django reads as many bytes as Content-Length says, so it would see none.

    A rerun "with these params" would quietly run with the old ones.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return answer(
                request, 411, "length_required", "Send the body in one piece, with its Content-Length."
            )
        return get_response(request)

    return middleware


def identify_request(get_response: GetResponse) -> GetResponse:
    """Make X-Request-ID a sane name of the request, given or new: in its headers, its logs and its answer."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        name = given if SANE_ID.fullmatch(given) else uuid.uuid4().hex
        request.META["HTTP_X_REQUEST_ID"] = name
        token, started = request_id.set(name), time.monotonic()
        try:
            response = get_response(request)
            log_request(request, response, time.monotonic() - started)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = name
        return response

    return middleware


def log_request(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """One line a request; the query stays out, it may hold what was searched for."""
    fields = {
        "method": request.method,
        "path": request.path,
        "status": response.status_code,
        "seconds": round(seconds, 3),
        "client": request.META.get("REMOTE_ADDR"),
    }
    logger.info("%(method)s %(path)s %(status)s", fields, extra=fields)


def send_content_policy(get_response: GetResponse) -> GetResponse:
    """Send SECURE_CSP, which has the shape that Django 6 gives it; delete this on Django 6."""
    policy = "; ".join(f"{name} {' '.join(values)}" for name, values in settings.SECURE_CSP.items())

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    return middleware
