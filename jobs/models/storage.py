"""The storage of job files as the database knows it."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now


class FileStorage(models.Model):
    """The identity that the database shares with its file storage; one row, made at first use."""

    identity = models.UUIDField(default=uuid4)
    # Rises with every search for files without a job; the storage's copy is never ahead of it.
    generation = models.PositiveBigIntegerField(default=1)
    tied_at = models.DateTimeField(db_default=Now())
    # How far the search has come, and why the last one removed nothing ("" if it was right).
    looked_until = models.DateTimeField(null=True, blank=True)
    stripe = models.PositiveIntegerField(default=0)
    refusal = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name_plural = "file storage"

    def __str__(self) -> str:
        return str(self.identity)
