"""Files that were sent in for jobs."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from jobs.models.job import Job
from jobs.safe_text import isolated

UNUSED_KEPT = timedelta(days=1)


class Upload(models.Model):
    """A file that was sent in; STORAGES["jobs"] has its bytes under a random `stored_name`.

    Its id is the value of a job's parameter. It is deleted with the last of its jobs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_name = models.CharField(max_length=200, unique=True)
    # None for a command.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(db_default=Now())
    # Since when no job has it; None while one does.
    unused_since = models.DateTimeField(null=True, db_default=Now())
    # NULL means no key: a unique constraint would count "" as a key.
    idempotency_key = models.CharField(max_length=255, null=True)  # noqa: DJ001
    jobs = models.ManyToManyField(Job, through="JobUpload", related_name="uploads")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex="^[0-9a-f]{64}$"), name="jobs_upload_has_sha256"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(stored_name=""), name="jobs_upload_has_names"
            ),
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_upload_one_per_idempotency_key",
            ),
        ]
        indexes = [
            models.Index(
                fields=["unused_since", "id"],
                condition=Q(unused_since__isnull=False),
                name="jobs_upload_unused",
            ),
            models.Index(
                fields=["created_by"],
                include=["size"],
                condition=Q(unused_since__isnull=False),
                name="jobs_upload_unused_of_user",
            ),
        ]

    def __str__(self) -> str:
        return isolated(self.name)

    @property
    def expires_at(self) -> datetime | None:
        """When upkeep deletes it, unless a job takes it before; None while a job has it."""
        return self.unused_since and self.unused_since + UNUSED_KEPT


class JobUpload(models.Model):
    """A job that has an upload as the value of a parameter."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, db_index=False)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["job", "upload"], name="jobs_jobupload_one_per_job_and_upload"
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id} of {self.job_id}"
