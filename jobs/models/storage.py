"""The storage of job files as the database knows it."""

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now


class FileStorage(models.Model):
    """The identity that the database shares with its storage of job files: one row, made at first use."""

    identity = models.UUIDField(default=uuid4)
    # Rises with every look for files without a job; the storage's copy is never ahead of it.
    generation = models.PositiveBigIntegerField(default=1)
    tied_at = models.DateTimeField(db_default=Now())
    # How far files were looked at, and why the last look removed nothing ("" if it was right).
    looked_until = models.DateTimeField(null=True, blank=True)
    stripe = models.PositiveIntegerField(default=0)
    refusal = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        verbose_name_plural = "file storage"

    def __str__(self) -> str:
        return str(self.identity)
