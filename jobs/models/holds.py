"""Holds, which keep jobs from starting, and the site's limits of how many run at a time."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.models.user_model import ACCOUNT_NAME_LIMIT
from jobs.safe_text import isolated

REASON_LIMIT = 500
AT_MOST_LIMIT = 10_000


class HoldKind(models.TextChoices):
    """What a hold keeps from starting: the jobs of a type, a queue, a requester or an API token."""

    TYPE = "type", "Job type"
    QUEUE = "queue", "Queue"
    REQUESTER = "requester", "Requester"
    TOKEN = "token", "API token"


class HoldQuerySet(models.QuerySet["Hold"]):
    """Holds by whether they still apply."""

    def active(self) -> "HoldQuerySet":
        """Return the holds that were not released and whose time is not over."""
        return self.filter(Q(until=None) | Q(until__gt=Now()), ended_at=None)


class Hold(models.Model):
    """Keeps jobs from starting until a time, or until it is released.

    `value` is the slug of a type, the name of a queue, the key of an account as text, or the public
    id of a token. For a requester without an account it is "name:" and the name. None of them need
    exist.
    """

    kind = models.CharField(max_length=10, choices=HoldKind)
    value = models.CharField(max_length=255)
    name = models.CharField(max_length=200)  # of the type, account or token, as it was then
    reason = models.CharField(max_length=REASON_LIMIT)
    until = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(db_default=Now())
    held_by = models.CharField(max_length=ACCOUNT_NAME_LIMIT)
    # When it was released, or when its time was over.
    ended_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=ACCOUNT_NAME_LIMIT, blank=True, db_default="")

    # Of the form that placed it. NULL means no key: a unique constraint would count "" as a key.
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=Q(ended_at=None),
                name="jobs_hold_one_of_its_target",
            ),
            models.UniqueConstraint(
                fields=["idempotency_key"], name="jobs_hold_one_per_idempotency_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {isolated(self.name)}"


class SiteLimit(models.Model):
    """The site's limit for the jobs of a type, in place of the one that the type declares.

    `at_most` is None for no limit at all.
    """

    type = models.CharField(max_length=100, primary_key=True)
    at_most = models.PositiveIntegerField(null=True, blank=True)
    by = models.CharField(max_length=200, blank=True, db_default="")  # a parameter of the type
    reason = models.CharField(max_length=REASON_LIMIT, blank=True, db_default="")
    set_at = models.DateTimeField(db_default=Now())
    set_by = models.CharField(max_length=ACCOUNT_NAME_LIMIT)

    class Meta:
        ordering = ("type",)
        constraints = [
            models.CheckConstraint(
                condition=Q(at_most=None) | Q(at_most__range=(1, AT_MOST_LIMIT)),
                name="jobs_sitelimit_at_most_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.at_most or 'no limit'}"
