"""The peer's table."""

from django.db import models


class Work(models.Model):
    """A job, as tutorials have it."""

    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20, default="PENDING")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "work"

    def __str__(self) -> str:
        return self.name
