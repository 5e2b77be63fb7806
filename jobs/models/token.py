"""API tokens, and the requests with them that were refused."""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils import timezone

from jobs.safe_text import isolated

# The first characters of a token, by which pages show it.
TOKEN_KEY_LENGTH = 15
TOKEN_LIFETIME = timedelta(days=365)


def digest_of_token(token: str) -> str:
    """Return what is stored of a token; a fast hash is enough for 256 random bits."""
    return hashlib.sha512(token.encode()).hexdigest()


class ApiTokenManager(models.Manager["ApiToken"]):
    """Makes tokens."""

    def create(  # type: ignore[override]  # the secret exists only here
        self, user: Any, expiry: timedelta | None = TOKEN_LIFETIME, **fields: Any
    ) -> "tuple[ApiToken, str]":
        """Store a new token of `user`; return it and its secret, which cannot be read again.

        It expires after `expiry`; never if that is None.
        """
        secret = secrets.token_hex(32)
        made = super().create(
            digest=digest_of_token(secret),
            token_key=secret[:TOKEN_KEY_LENGTH],
            user=user,
            expiry=None if expiry is None else timezone.now() + expiry,
            **fields,
        )
        return made, secret


class ApiToken(models.Model):
    """A named token for the API; only its digest is stored."""

    digest = models.CharField(max_length=128, primary_key=True)
    token_key = models.CharField(max_length=25)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs_api_tokens"
    )
    created = models.DateTimeField(auto_now_add=True)
    expiry = models.DateTimeField(null=True, blank=True)
    # What jobs, addresses and filters know it by: the primary key is the digest of its secret.
    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    name = models.CharField(max_length=100)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # The once-only key of the admin's form that made it, NULL if code did. PostgreSQL refuses a
    # second token of the same form.
    form_key = models.CharField(max_length=100, null=True, editable=False)  # noqa: DJ001

    objects = ApiTokenManager()

    class Meta:
        verbose_name = "API token"
        ordering = ("-created",)
        constraints = [
            models.UniqueConstraint(fields=["user", "form_key"], name="jobs_apitoken_one_per_form")
        ]

    def __str__(self) -> str:
        return isolated(self.name)


class TokenRefusal(models.Model):
    """How many requests with one token were refused on one day for one reason.

    Requests without a known token are not counted, so that strangers cannot add rows.
    """

    token = models.ForeignKey(
        ApiToken,
        to_field="public_id",
        on_delete=models.CASCADE,
        related_name="refusals",
        db_index=False,  # the constraint's index begins with it
    )
    day = models.DateField()  # in the server's zone
    reason = models.CharField(max_length=50)  # the `code` of the answer, or why the token failed
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["token", "day", "reason"], name="jobs_tokenrefusal_one_per_day_and_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} x {self.reason}"
