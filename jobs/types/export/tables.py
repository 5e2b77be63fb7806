"""The tables that may be exported, and their columns; nothing else is exported."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet

from jobs import access, parameters, registry
from jobs.handler.sheets import Column, Kind
from jobs.models import JobEvent, account_name_field

RowValues = tuple[Any, ...]

JOINED = "date_joined"
ACCOUNT_FIELDS = (
    *("first_name", "last_name", "email", "is_active", "is_staff", "is_superuser", "last_login"),
)

# Kind and width of a field's column, by the first class that matches.
COLUMN_KINDS: tuple[tuple[Any, Kind, int], ...] = (
    (models.DateTimeField, Kind.MOMENT, 20),
    (models.AutoField, Kind.TEXT, 12),
    (models.IntegerField, Kind.NUMBER, 12),
    (models.UUIDField, Kind.TEXT, 38),
    (models.Field, Kind.TEXT, 24),
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A model that may be exported, by those who may view it."""

    model: str  # as app.model
    fields: tuple[str, ...]
    created: str  # the field with the time at which a row was created
    # The rows that a user may see; by default all of them.
    visible: Callable[[Any], QuerySet[Any]] | None = None
    # Whether the permission to view the model is needed; False if every user may see some rows.
    needs_permission: bool = True
    shown: Callable[[RowValues], RowValues] = lambda row: row

    @property
    def permission(self) -> str | None:
        """The permission that a caller needs to export it, if any."""
        return view_permission(self.model) if self.needs_permission else None

    def rows(self, user: Any) -> QuerySet[Any]:
        """Return the rows that a `user` with the permission may see, oldest first."""
        every = apps.get_model(self.model)._default_manager.all()
        return (self.visible(user) if self.visible else every).order_by(self.created, "pk")

    def columns(self) -> list[Column]:
        """Return the fields as the columns of a sheet."""
        model = apps.get_model(self.model)
        fields = {field.attname: field for field in model._meta.concrete_fields}
        return [_column(name, fields[name]) for name in self.fields]


def view_permission(model: str) -> str:
    """Return the permission to view a model, given as app.model."""
    app, _, name = model.partition(".")
    return f"{app}.view_{name}"


def _column(name: str, field: Any) -> Column:
    _, kind, width = next(found for found in COLUMN_KINDS if isinstance(field, found[0]))
    return Column(name, str(field.verbose_name).capitalize(), kind, width)


JOB_FIELDS = (
    *("id", "name", "type", "status", "queue", "source"),
    *("created_by_name", "batch_id", "rerun_of_id"),
    *("created_at", "started_at", "finished_at", "attempt", "progress_percent", "params", "result"),
    *("error_code", "error_type", "error_message", "cancel_requested_by", "cancel_reason"),
    *("acknowledged_at", "acknowledged_by", "acknowledged_note"),
)


def masked(row: RowValues) -> RowValues:
    """Return a row of JOB_FIELDS with its secret params masked."""
    values = dict(zip(JOB_FIELDS, row, strict=True))
    params = parameters.mask(registry.find(values["type"]), values["params"])
    return tuple((values | {"params": params}).values())


def _visible_events(user: Any) -> QuerySet[JobEvent]:
    return JobEvent.objects.filter(job__in=access.visible_jobs(user).order_by())


def _accounts() -> Iterator[Table]:
    """Give the table of accounts, if the user model has a time at which each was created.

    Of the model's columns it has those that Django's own user model knows, without the password.
    """
    meta = get_user_model()._meta
    created = [
        one.name
        for one in meta.concrete_fields
        if isinstance(one, models.DateTimeField) and (one.auto_now_add or one.name == JOINED)
    ]
    wanted = (meta.pk.attname, account_name_field().attname, *ACCOUNT_FIELDS)
    known = {field.attname for field in meta.concrete_fields}
    fields = tuple(dict.fromkeys(one for one in (*wanted, *created) if one in known))
    if created:
        yield Table(model=meta.label_lower, fields=fields, created=created[0])


TABLES = {
    table.model: table
    for table in (
        Table(
            model="jobs.job",
            fields=JOB_FIELDS,
            created="created_at",
            visible=access.visible_jobs,
            needs_permission=False,
            shown=masked,
        ),
        Table(
            model="jobs.jobevent",
            fields=("id", "job_id", "from_status", "to_status", "at", "attempt", "actor", "reason"),
            created="at",
            visible=_visible_events,
            needs_permission=False,
        ),
        Table(
            model="jobs.worker",
            fields=(
                *("id", "host", "pid", "queues", "types", "slots", "consuming"),
                *("started_at", "heartbeat_at"),
            ),
            created="started_at",
        ),
        *_accounts(),
        Table(
            model="admin.logentry",
            fields=(
                *("id", "action_time", "user_id", "content_type_id", "object_id", "object_repr"),
                *("action_flag", "change_message"),
            ),
            created="action_time",
        ),
        Table(
            model="jobs.auditentry",
            fields=(
                *("id", "at", "actor", "account_id", "object_type", "object_id", "object_name"),
                *("action", "message"),
            ),
            created="at",
        ),
        Table(
            model="django_celery_results.taskresult",
            fields=(
                *("task_id", "task_name", "status", "worker"),
                *("date_created", "date_done", "result"),
            ),
            created="date_created",
            visible=access.visible_results,
        ),
    )
}
