"""The audit trail of the admin: it outlives the account and the object of an entry."""

from typing import Any

from django.conf import settings
from django.contrib.admin.models import ACTION_FLAG_CHOICES, LogEntry
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import OuterRef, Subquery

from jobs.models.user_model import ACCOUNT_NAME_LIMIT, account_name_field, kept_name


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries by their object."""

    def about(self, model: type[models.Model], pk: Any) -> "AuditEntryQuerySet":
        """Return the entries about one object, the newest first."""
        return self.filter(object_id=str(pk), object_type=model._meta.label_lower).order_by("-id")

    def with_present_names(self) -> "AuditEntryQuerySet":
        """Annotate each entry with the account's `present_name`; None if it is deleted."""
        accounts = get_user_model()._base_manager.filter(pk=OuterRef("account_id")).order_by()
        return self.annotate(present_name=Subquery(accounts.values(account_name_field().name)[:1]))


class AuditEntry(models.Model):
    """A copy of an entry of Django's admin log, which is deleted with its account.

    A trigger on django_admin_log writes it, and another refuses to change or delete it (migration
    0033).
    """

    at = models.DateTimeField()
    actor = models.CharField(max_length=ACCOUNT_NAME_LIMIT)  # the name at that time
    # No constraint and no index, in the database: the entry outlives the account.
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    object_type = models.CharField(max_length=201)  # such as jobs.job
    object_id = models.CharField(max_length=255, blank=True)
    object_name = models.CharField(max_length=200)
    action = models.PositiveSmallIntegerField(choices=ACTION_FLAG_CHOICES)
    message = models.TextField(blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["object_id", "object_type", "id"], name="jobs_auditentry_object"),
            models.Index(fields=["actor", "id"], name="jobs_auditentry_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor}: {self.text}"

    @property
    def text(self) -> str:
        """Return the action as a sentence."""
        changes = LogEntry(
            action_flag=self.action, change_message=self.message
        ).get_change_message()
        return str(changes) or f"{self.get_action_display()}."

    @property
    def actor_now(self) -> str:
        """Return the actor's name at that time, and the present one; needs `with_present_names`."""
        return with_present_name(self.actor, getattr(self, "present_name", None))


def with_present_name(name: str, present: object) -> str:
    """Return the recorded `name`, followed by the account's present name if that differs."""
    now = str(present or "")
    # The audit trail cuts a name without a mark.
    return (
        name
        if name in (now, kept_name(now), now[:ACCOUNT_NAME_LIMIT]) or not now
        else f"{name} (now {now})"
    )
