"""The processes as they report themselves: workers and upkeep."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from jobs.models.holds import REASON_LIMIT
from jobs.models.user_model import ACCOUNT_NAME_LIMIT


class HeartbeatQuerySet(models.QuerySet[Any]):
    """Processes by their last heartbeat."""

    def live(self) -> "HeartbeatQuerySet":
        """Return the processes with a heartbeat within the last lease."""
        return self.filter(_beat_lately())

    def with_is_live(self) -> "HeartbeatQuerySet":
        """Annotate each process with `is_live`, as `live` decides it by PostgreSQL's clock."""
        return self.annotate(
            is_live=models.ExpressionWrapper(_beat_lately(), output_field=models.BooleanField())
        )


def _beat_lately() -> models.Q:
    return models.Q(heartbeat_at__gt=Now() - timedelta(seconds=settings.JOBS_LEASE_SECONDS))


class Worker(models.Model):
    """A worker as its agent last reported it; each start has a new id."""

    id = models.CharField(primary_key=True, max_length=64)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    queues = models.JSONField(default=list)
    types = models.JSONField(default=list)
    slots = models.PositiveIntegerField()
    consuming = models.BooleanField(default=False)
    started_at = models.DateTimeField(db_default=Now())
    # Since when it is to take nothing new, who asked for it, and why.
    drained_at = models.DateTimeField(null=True, blank=True)
    drained_by = models.CharField(max_length=ACCOUNT_NAME_LIMIT, blank=True, db_default="")
    drain_reason = models.CharField(max_length=REASON_LIMIT, blank=True, db_default="")
    heartbeat_at = models.DateTimeField(db_default=Now())

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ("-heartbeat_at",)

    def __str__(self) -> str:
        return f"{self.host} ({self.pid})"


class UpkeepState(models.Model):
    """The upkeep process as its leader last reported it; one row."""

    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    heartbeat_at = models.DateTimeField(db_default=Now())
    # The totals have the jobs that ended until then; NULL before the first count.
    counted_until = models.DateTimeField(null=True, blank=True)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "upkeep state"

    def __str__(self) -> str:
        return f"{self.host} ({self.pid})"
