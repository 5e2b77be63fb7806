"""API tokens."""

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
