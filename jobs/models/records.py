"""The records of a job beside its row: events, log and files."""

from django.db import models
from django.db.models.functions import Now

from jobs.models.job import Job
from jobs.models.status import Status
from jobs.safe_text import isolated

LOG_PAGE_BYTES = 2 * 1024 * 1024


class JobEvent(models.Model):
    """A change of a job's status, written in the same statement; or a note, which changes none."""

    # Without a constraint: the statement that moves or deletes a job also writes or deletes its
    # events, and PostgreSQL would check and lock the job's row once more for each event.
    job = models.ForeignKey(
        Job, models.CASCADE, related_name="events", db_constraint=False, db_index=False
    )
    from_status = models.CharField(max_length=10, blank=True, default="")
    to_status = models.CharField(max_length=10, choices=Status)
    at = models.DateTimeField(db_default=Now())
    attempt = models.PositiveIntegerField(default=0)
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["job", "id"], name="jobs_jobevent_job_id")]

    def __str__(self) -> str:
        return f"{self.from_status or '-'} to {self.to_status}"

    @property
    def is_note(self) -> bool:
        """Return whether it records a request to stop or an acknowledgement: no new status."""
        return self.from_status == self.to_status


class JobLogQuerySet(models.QuerySet["JobLog"]):
    """The lines of a job's log."""

    def page(self, lines: int, order: str) -> list["JobLog"]:
        """Return the first `lines` by `order`, at most LOG_PAGE_BYTES: 1,000 can have 64 MiB."""
        length = models.Func("message", function="octet_length", output_field=models.IntegerField())
        so_far = models.Window(models.Sum(length), order_by=order)
        return list(
            self.annotate(so_far=so_far).filter(so_far__lte=LOG_PAGE_BYTES).order_by(order)[:lines]
        )


class JobLog(models.Model):
    """A line that a handler logged; `seq` rises within the job, with a gap between attempts."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="logs", db_index=False)
    attempt = models.PositiveIntegerField()
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    level = models.CharField(max_length=10)
    message = models.TextField()

    objects = JobLogQuerySet.as_manager()

    class Meta:
        ordering = ("seq",)
        constraints = [
            models.UniqueConstraint(fields=["job", "seq"], name="jobs_joblog_one_per_seq")
        ]

    def __str__(self) -> str:
        return isolated(self.message[:80])


class JobFile(models.Model):
    """A file that a handler saved; STORAGES["jobs"] has its bytes under a random `stored_name`."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="files", db_index=False)
    attempt = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["job", "attempt", "name"], name="jobs_jobfile_one_per_name"
            )
        ]

    def __str__(self) -> str:
        return isolated(self.name)
