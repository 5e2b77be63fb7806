"""Who a request comes from: the owner of the API token it carries."""

import logging
from datetime import timedelta
from typing import Any

import knox.auth
from django.db import Error
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from jobs.database import explain, is_bug
from jobs.models import ApiToken

logger = logging.getLogger(__name__)

SCHEMES = (b"bearer", b"token")
USE_NOTED_EVERY = timedelta(minutes=1)


class TokenAuthentication(knox.auth.TokenAuthentication):
    """Accepts `Authorization: Bearer ...` and `Token ...`, the scheme in any case.

    knox's own knows one scheme, fails on bytes that are not UTF-8, and deletes old tokens.
    """

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        """The token's owner and the token; None without an Authorization header of these schemes.

        Raises: AuthenticationFailed.
        """
        scheme, *given = get_authorization_header(request).split() or [b""]
        if scheme.lower() not in SCHEMES:
            return None
        if len(given) != 1:
            raise AuthenticationFailed("The Authorization header needs one token after its scheme.")
        return self.authenticate_credentials(given[0])

    def authenticate_header(self, request: Request) -> str:
        """The WWW-Authenticate header of a 401, a challenge for each scheme (RFC 9110, 11.6.1)."""
        return 'Bearer realm="api", Token realm="api"'

    def authenticate_credentials(self, token: bytes) -> tuple[Any, ApiToken]:
        """The token's owner and the token.

        Raises: AuthenticationFailed; the answer is the same for every fault of the token.
        """
        found = _find(token)
        if (
            found is None
            or not found.user.is_active
            or (found.expiry and found.expiry < timezone.now())
        ):
            raise AuthenticationFailed("This token is not valid, or no longer.")
        _note_use(found)
        return found.user, found


def _find(token: bytes) -> ApiToken | None:
    try:
        text = token.decode()
        digest = hash_token(text)
    except (UnicodeDecodeError, UnicodeEncodeError):
        return None
    # The digest of 512 bits is the primary key: looking it up gives nothing away by its timing.
    key = text[: CONSTANTS.TOKEN_KEY_LENGTH]
    return ApiToken.objects.select_related("user").filter(digest=digest, token_key=key).first()


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USE_NOTED_EVERY:
        try:
            ApiToken.objects.filter(digest=token.digest).update(last_used_at=now)
        except Error as error:
            if is_bug(error):
                raise
            # No reason to refuse a read.
            logger.warning("the use of a token is not noted: %s", explain(error))
