"""The job: its columns, the rules PostgreSQL keeps, and the indexes by which it is found."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django_celery_results.models import TaskResult
from uuid_utils.compat import uuid7

from jobs.models.audit import with_present_name
from jobs.models.status import ACTIVE, SETTLED, Source, Status
from jobs.safe_text import isolated


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs by where they stand."""

    def active(self) -> "JobQuerySet":
        """Those that wait or run."""
        return self.filter(status__in=ACTIVE)

    def settled(self) -> "JobQuerySet":
        """Those whose status is final."""
        return self.filter(status__in=SETTLED)

    def that_were(self, statuses: Collection[str], at: datetime) -> "JobQuerySet":
        """Those that had one of `statuses` at that moment; `Job.status_at` says which."""
        ended = Q(status__in=SETTLED, finished_at__lte=at)
        started = Q(started_at__isnull=False, started_at__lte=at)
        were = ended & Q(status__in=statuses)
        if Status.PENDING in statuses:
            were |= ~ended & ~started
        if Status.PROCESSING in statuses:
            were |= ~ended & started
        return self.filter(were, created_at__lte=at)

    def without_large(self) -> "JobQuerySet":
        """The same jobs, what may be long and no list shows left in the database."""
        return self.defer("params", "result", "error_traceback")


class Job(models.Model):
    """One request to run a job type. Its id is also the Celery task id; only jobs/lifecycle/ changes its status."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    params = models.JSONField(default=dict, blank=True)
    queue = models.CharField(max_length=100, default="default")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    # Status, progress and a cancel request raise it; a renewed lease does not. It is the API's
    # ETag.
    version = models.PositiveIntegerField(default=1)

    progress_percent = models.SmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    progress_message = models.CharField(max_length=1000, blank=True, default="")
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True, default="")
    error_type = models.CharField(max_length=200, blank=True, default="")
    error_message = models.TextField(blank=True, default="")
    error_traceback = models.TextField(blank=True, default="")

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,  # jobs_job_created_by_id serves it
        related_name="jobs",
    )
    # Outlives the account, and names who ran the command where no account did.
    created_by_name = models.CharField(max_length=150, blank=True, default="")
    source = models.CharField(max_length=10, choices=Source, default=Source.COMMAND)
    request_id = models.CharField(max_length=200, blank=True, default="")
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 (NULL: no key)
    request_hash = models.CharField(max_length=64, blank=True, default="")
    batch_id = models.UUIDField(null=True, blank=True)
    rerun_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reruns",
        db_index=False,
    )
    unique_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 (NULL: not unique)

    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(db_default=Now())
    publishes = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=64, blank=True, default="")
    pid = models.PositiveIntegerField(null=True, blank=True)
    # published_at as the claim found it: the watermark by which upkeep knows that a message was
    # overtaken.
    taken_published_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.CharField(max_length=150, blank=True, default="")
    cancel_reason = models.CharField(max_length=1000, blank=True, default="")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True, default="")
    acknowledged_note = models.CharField(max_length=1000, blank=True, default="", db_default="")

    # Written with the outcome, in the same statement; equal to the id, so it needs no index of its
    # own.
    task_result = models.ForeignKey(
        TaskResult,
        to_field="task_id",
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="jobs",
    )

    # Not stored: whether a submission under an Idempotency-Key found this job instead of making it.
    replayed = False

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = [("cancel_job", "Can cancel any job")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="jobs_job_status_known"
            ),
            models.CheckConstraint(
                condition=Q(progress_percent=None) | Q(progress_percent__range=(0, 100)),
                name="jobs_job_progress_is_percent",
            ),
            models.CheckConstraint(
                condition=Q(status__in=SETTLED, finished_at__isnull=False)
                | ~Q(status__in=SETTLED) & Q(finished_at=None),
                name="jobs_job_finished_when_settled",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PROCESSING)
                | Q(
                    started_at__isnull=False,
                    lease_until__isnull=False,
                    pid__isnull=False,
                    attempt__gte=1,
                )
                & ~Q(worker=""),
                name="jobs_job_processing_has_owner",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FAILED) | ~Q(error_code=""),
                name="jobs_job_failed_has_error",
            ),
            models.UniqueConstraint(
                fields=["created_by", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="jobs_job_one_per_idempotency_key",
            ),
            models.UniqueConstraint(
                fields=["type", "unique_key"],
                condition=Q(status__in=ACTIVE, unique_key__isnull=False),
                name="jobs_job_one_active_of_its_kind",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "id"], name="jobs_job_status_id"),
            models.Index(fields=["created_at", "id"], name="jobs_job_created_at_id"),
            # Of a period those that failed, or that still wait, behind any number of others.
            models.Index(fields=["status", "created_at", "id"], name="jobs_job_status_created_at"),
            models.Index(fields=["created_by", "id"], name="jobs_job_created_by_id"),
            models.Index(fields=["created_by", "status", "id"], name="jobs_job_created_by_status"),
            # Jobs of deleted and renamed accounts, and of commands, are found by the name that they
            # show.
            models.Index(fields=["created_by_name", "id"], name="jobs_job_created_by_name"),
            models.Index(
                fields=["created_by_name"],
                condition=Q(created_by=None),
                name="jobs_job_without_account",
            ),
            models.Index(fields=["type", "id"], name="jobs_job_type_id"),
            # A type that never had a status is not searched for it from end to end; counts read
            # nothing else.
            models.Index(fields=["type", "status", "id"], name="jobs_job_type_status_id"),
            models.Index(fields=["source", "id"], name="jobs_job_source_id"),
            models.Index(fields=["queue", "id"], name="jobs_job_queue_id"),
            # The operator class makes it serve LIKE 'prefix%' for any collation of the database.
            models.Index(
                fields=["name", "id"],
                name="jobs_job_name_id",
                opclasses=["varchar_pattern_ops", "uuid_ops"],
            ),
            models.Index(fields=["id"], condition=Q(status__in=ACTIVE), name="jobs_job_active"),
            # The newest settled ones are found behind any number of newer jobs that wait.
            models.Index(fields=["id"], condition=Q(status__in=SETTLED), name="jobs_job_settled"),
            models.Index(
                fields=["error_code", "id"],
                condition=~Q(error_code=""),
                name="jobs_job_error_code_id",
            ),
            models.Index(
                fields=["started_at", "id"],
                condition=Q(started_at__isnull=False),
                name="jobs_job_started_at_id",
            ),
            models.Index(
                fields=["finished_at", "id"],
                include=["status"],  # the chart of the last day reads nothing else
                condition=Q(finished_at__isnull=False),
                name="jobs_job_finished_at_id",
            ),
            # The last runs of a type, by which estimates are made.
            models.Index(
                fields=["type", "finished_at"],
                condition=Q(started_at__isnull=False, finished_at__isnull=False),
                name="jobs_job_type_ran",
            ),
            # In the order in which they are taken; with the id, so that places in the queue come
            # from it alone.
            models.Index(
                fields=["queue", "published_at", "id"],
                condition=Q(status=Status.PENDING),
                name="jobs_job_waiting",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(status=Status.PROCESSING),
                name="jobs_job_processing",
            ),
            # The newest claim of a queue, by which upkeep knows that a message was overtaken.
            models.Index(
                fields=["queue", "taken_published_at"],
                condition=Q(taken_published_at__isnull=False, publishes=1),
                name="jobs_job_taken",
            ),
            # What needs attention, and the home page's table of failures.
            models.Index(
                fields=["id"],
                condition=Q(status=Status.FAILED, acknowledged_at=None),
                name="jobs_job_unseen",
            ),
            models.Index(
                fields=["finished_at"], condition=Q(status=Status.FAILED), name="jobs_job_failed_at"
            ),
            # Deleting a job asks for its reruns; without this, by reading every job.
            models.Index(
                fields=["rerun_of"], condition=Q(rerun_of__isnull=False), name="jobs_job_rerun_of"
            ),
            models.Index(
                fields=["batch_id"], condition=Q(batch_id__isnull=False), name="jobs_job_batch"
            ),
        ]

    def __str__(self) -> str:
        return isolated(self.name)

    @property
    def requester(self) -> str:
        """The name of who launched it, and the present one if that account was renamed."""
        present = self.created_by.get_username() if self.created_by else None
        return with_present_name(self.created_by_name, present)

    @property
    def is_settled(self) -> bool:
        """Whether the status is final."""
        return self.status in SETTLED

    def status_at(self, at: datetime) -> str:
        """The status at a moment since the job was created, as its times tell.

        An attempt that was given back leaves no time: the job counts as PENDING while it ran.
        """
        if self.finished_at is not None and self.finished_at <= at:
            return self.status
        if self.started_at is not None and self.started_at <= at:
            return Status.PROCESSING
        return Status.PENDING
