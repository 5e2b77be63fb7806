"""API tokens, and the requests with them that were refused."""

import uuid

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from knox.models import AbstractAuthToken

from jobs.safe_text import isolated


class ApiToken(AbstractAuthToken):
    """A named token for the API; only its digest is stored."""

    # What jobs, addresses and filters know it by: the primary key is the digest of its secret.
    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False
    )
    name = models.CharField(max_length=100)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # The once-only key of the admin's form that made it, NULL if code did. PostgreSQL refuses a
    # second token of the same form.
    form_key = models.CharField(max_length=100, null=True, editable=False)  # noqa: DJ001

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
