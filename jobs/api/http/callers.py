"""Who calls, by API token, and how often they may."""

import logging
import threading
import time
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DEFAULT_DB_ALIAS, Error
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from jobs.api.http import refusals
from jobs.database import columns_of, explain, first_row, instance_of_row, is_bug
from jobs.models import ApiToken, digest_of_token

SCHEMES = (b"bearer", b"token")
USE_NOTED_EVERY = timedelta(minutes=1)
BUCKETS_LIMIT = 10_000

logger = logging.getLogger(__name__)


class TokenAuthentication(BaseAuthentication):
    """Accepts `Authorization: Bearer ...` and `Token ...`, the scheme in any case."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The token's owner and the token; None without an Authorization header of these schemes.

        Raises: AuthenticationFailed.
        """
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() not in SCHEMES:
            return None
        if len(rest) != 1:
            raise AuthenticationFailed("The Authorization header needs one token after its scheme.")
        return self.authenticate_credentials(rest[0])

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of a 401, a challenge for each scheme (RFC 9110, 11.6.1)."""
        return 'Bearer realm="api", Token realm="api"'

    def authenticate_credentials(self, token: bytes) -> tuple[Any, ApiToken]:
        """The token's owner and the token.

        Raises: AuthenticationFailed, with the same answer for every invalid token.
        """
        found = _stored_token(token)
        expired = found and found.expiry and found.expiry < timezone.now()
        if found is None or expired or not found.user.is_active:
            if found is not None:
                refusals.count(found, "expired" if expired else "deactivated")
            raise AuthenticationFailed("The token is not valid or has expired.")
        _note_use(found)
        return found.user, found


def _stored_token(token: bytes) -> ApiToken | None:
    try:
        digest = digest_of_token(token.decode())
    except UnicodeDecodeError:
        return None
    # The digest of 512 bits is the primary key: the time of its lookup reveals nothing.
    row = first_row(_lookup_sql(), {"digest": digest}, using=DEFAULT_DB_ALIAS)
    if row[0] is None:
        return None
    width = len(columns_of(ApiToken))
    found: ApiToken = instance_of_row(ApiToken, row[:width])
    found.user = instance_of_row(get_user_model(), row[width:])
    return found


@cache
def _lookup_sql() -> str:
    """The lookup as SQL: Django would spend three times as long on composing it."""
    tokens = ApiToken.objects.select_related("user").order_by()
    sql, _ = tokens.filter(digest="").query.sql_with_params()
    return sql % "%(digest)s"


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        try:
            ApiToken.objects.filter(digest=token.digest).update(last_used_at=now)
        except Error as error:
            if is_bug(error):
                raise
            # A read can be answered without this note.
            logger.warning("the use of a token is not noted: %s", explain(error))


class CallerThrottle(BaseThrottle):
    """One token bucket for each caller; it holds the requests of a minute and refills evenly.

    The buckets are in process memory, so each web process counts for itself: with a shared store,
    one more server could hold up every request.
    """

    lock = threading.Lock()
    buckets: dict[Any, tuple[float, float]] = {}  # caller: requests left, and when that was so

    def allow_request(self, request: Request, view: Any) -> bool:
        """Take one of the caller's requests; False if none is left."""
        per_minute = settings.API_REQUESTS_PER_MINUTE
        now = time.monotonic()
        with self.lock:
            left, at = self.buckets.get(request.user.pk, (per_minute, now))
            left = min(per_minute, left + (now - at) * per_minute / 60)
            if len(self.buckets) >= BUCKETS_LIMIT:
                self.buckets.clear()  # fill all buckets once, instead of growing for ever
            self.buckets[request.user.pk] = (max(left - 1, 0) if left >= 1 else left, now)
        self.missing = max(0.0, 1 - left)
        return left >= 1

    def wait(self) -> float:
        """The seconds until the next request is free."""
        return self.missing * 60 / settings.API_REQUESTS_PER_MINUTE
