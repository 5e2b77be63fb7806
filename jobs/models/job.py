"""The table of jobs: its columns; `constraints` and `indexes` beside it have the rest."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.base import ModelState
from django.db.models.functions import Now
from django_celery_results.models import TaskResult
from uuid_utils.compat import uuid7

from jobs.models.audit import with_present_name
from jobs.models.constraints import CONSTRAINTS
from jobs.models.indexes import INDEXES
from jobs.models.status import ACTIVE, SETTLED, Source, Status
from jobs.safe_text import isolated
from jobs.trace_context import trace_id_of


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs by their status, now or at an earlier moment."""

    def active(self) -> "JobQuerySet":
        """Return the jobs that wait or run."""
        return self.filter(status__in=ACTIVE)

    def unique(self) -> "JobQuerySet":
        """Return the jobs that are to be the only active one of their type."""
        return self.filter(Q(unique_while_active=True) | Q(unique_key__isnull=False))

    def settled(self) -> "JobQuerySet":
        """Return the jobs whose status is final."""
        return self.filter(status__in=SETTLED)

    def that_were(self, statuses: Collection[str], at: datetime) -> "JobQuerySet":
        """Return the jobs that had one of `statuses` at that moment, as `Job.status_at` has it."""
        ended = Q(status__in=SETTLED, finished_at__lte=at)
        started = Q(started_at__isnull=False, started_at__lte=at)
        were = ended & Q(status__in=statuses)
        if Status.PENDING in statuses:
            were |= ~ended & ~started
        if Status.PROCESSING in statuses:
            were |= ~ended & started
        return self.filter(were, created_at__lte=at)

    def without_large(self) -> "JobQuerySet":
        """Defer the columns that may be long and that no list shows."""
        return self.defer("params", "result", "error_traceback")


class Job(models.Model):
    """One request to run a job type.

    The id is also the Celery task id. Only jobs/lifecycle/ changes the status. Columns that a
    submission does not set have their defaults in the database (`db_default`).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    params = models.JSONField(default=dict, blank=True)
    queue = models.CharField(max_length=100, default="default")
    status = models.CharField(max_length=10, choices=Status, db_default=Status.PENDING)
    # The API's ETag. Status, progress and a cancel request raise it; a renewed lease does not.
    version = models.PositiveIntegerField(db_default=1)

    progress_percent = models.SmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    progress_message = models.CharField(max_length=1000, blank=True, db_default="")
    # How many of how many, and of what ("rows"); NULL and "" if the handler does not count.
    progress_done = models.FloatField(null=True, blank=True)
    progress_total = models.FloatField(null=True, blank=True)
    progress_unit = models.CharField(max_length=50, blank=True, db_default="")
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=50, blank=True, db_default="")
    error_type = models.CharField(max_length=200, blank=True, db_default="")
    error_message = models.TextField(blank=True, db_default="")
    error_traceback = models.TextField(blank=True, db_default="")
    # The same for failures of one type with one cause; "" if the job has not failed, or had before
    # there were fingerprints.
    fingerprint = models.CharField(max_length=16, blank=True, db_default="")

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,  # jobs_job_creator serves it
        related_name="jobs",
    )
    # Kept when the account is deleted; for a command, the name of the system user.
    created_by_name = models.CharField(max_length=150, blank=True, default="")
    source = models.CharField(max_length=10, choices=Source, default=Source.COMMAND)
    # The public id and the name of the API token that submitted it. No foreign key: to revoke a
    # token would have to write each of its jobs, and they keep showing its name.
    token_id = models.UUIDField(null=True, blank=True)
    token_name = models.CharField(max_length=100, blank=True, default="", db_default="")
    request_id = models.CharField(max_length=200, blank=True, default="")
    # The span that launched the job, as jobs/trace_context.py writes it; "" if there was no trace.
    traceparent = models.CharField(max_length=55, blank=True, default="", db_default="")
    # NULL means no key: a unique constraint would count "" as a key.
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
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
    # The job whose handler launched this one. No constraint, and the id stays when that job is
    # deleted: to delete a job would have to write each of its children.
    parent = models.ForeignKey(
        "self", models.DO_NOTHING, "children", null=True, db_constraint=False, db_index=False
    )
    # The object that the job is about: the id of its content type, its primary key as text, and its
    # name for when it is deleted. No foreign key: the object may be of any app, and jobs stay.
    about_type = models.IntegerField(null=True, blank=True)
    about_key = models.CharField(max_length=255, blank=True, default="", db_default="")
    about_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    # As the type's option of that name: no second active job of the type.
    unique_while_active = models.BooleanField(default=False, db_default=False)
    # How version 1.0.0 writes the same ("" or NULL). Its processes may still run while this version
    # is installed, so the constraint reads both; the next version drops the column.
    unique_key = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001

    created_at = models.DateTimeField(db_default=Now())
    published_at = models.DateTimeField(db_default=Now())
    publishes = models.PositiveIntegerField(db_default=1)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    attempt = models.PositiveIntegerField(db_default=0)
    worker = models.CharField(max_length=64, blank=True, db_default="")
    pid = models.PositiveIntegerField(null=True, blank=True)
    # Unused; the next version drops it. Upkeep of version 1.0.0 reads it.
    taken_published_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # Why no worker is to take a waiting job now: "hold:" and the id of a hold, or "limit:" and the
    # jobs among which it waits for room. "" for a job in line.
    parked_by = models.CharField(max_length=150, blank=True, default="", db_default="")

    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_by = models.CharField(max_length=150, blank=True, db_default="")
    cancel_reason = models.CharField(max_length=1000, blank=True, db_default="")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True, db_default="")
    acknowledged_note = models.CharField(max_length=1000, blank=True, db_default="")

    # Written with the outcome, in the same statement. Equal to the id, so it needs no index.
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

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        permissions = [
            ("cancel_job", "Can cancel any job"),
            ("hold_job", "Can hold jobs, limit types and drain workers"),
        ]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return isolated(self.name)

    @classmethod
    def from_db(  # type: ignore[override]  # the stubs are those of a later Django
        cls, db: str | None, field_names: Collection[str], values: Collection[Any]
    ) -> Self:
        """Return the job in a row; columns that are not in it are deferred, as in Django's.

        Django's own calls __init__, which sets the columns one by one: 20 us a job, a fifth of
        what a list of 50 costs.
        """
        job = cls.__new__(cls)
        job.__dict__.update(zip(field_names, values, strict=True))
        job._state = ModelState()
        job._state.adding, job._state.db = False, db
        return job

    @property
    def requester(self) -> str:
        """Return who launched the job, with the account's present name if it was renamed."""
        present = self.created_by.get_username() if self.created_by else ""
        return with_present_name(self.created_by_name, present)

    @property
    def trace_id(self) -> str:
        """Return the id of the trace to which the launch belongs; "" if there was none."""
        return trace_id_of(self.traceparent)

    @property
    def is_settled(self) -> bool:
        """Return whether the status is final."""
        return self.status in SETTLED

    def status_at(self, at: datetime) -> str:
        """Return the status that the job had at `at`, by its times.

        An attempt that was released leaves no time: the job counts as PENDING while it ran.
        """
        if self.finished_at is not None and self.finished_at <= at:
            return self.status
        if self.started_at is not None and self.started_at <= at:
            return Status.PROCESSING
        return Status.PENDING
