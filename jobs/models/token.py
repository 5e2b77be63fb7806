"""Keys to the API."""

from django.db import models
from knox.models import AbstractAuthToken

from jobs.text import isolated


class ApiToken(AbstractAuthToken):
    """A named key to the API; only its digest is stored."""

    name = models.CharField(max_length=100)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API token"
        ordering = ("-created",)

    def __str__(self) -> str:
        return isolated(self.name)
