"""The one factory of each kind of row that tests need."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.utils import timezone
from uuid_utils.compat import uuid7

from jobs.models import ACTIVE, SETTLED, Hold, HoldKind, Job, Status, Worker

_numbers = count(1)


def make_user(*permissions: str, **fields: Any) -> User:
    """A user with `permissions` ("jobs.view_job")."""
    user = User.objects.create_user(**{"username": f"user{next(_numbers)}", **fields})
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


def make_job(**fields: Any) -> Job:
    """A job as it is in `status` (default PENDING); any field may be given."""
    job = Job.objects.create(**_columns(f"Job {next(_numbers)}", fields))
    job.refresh_from_db()
    return job


def make_jobs(
    count: int, fields_of: Callable[[int], dict[str, Any]] = lambda number: {}, **fields: Any
) -> list[Job]:
    """Jobs "Job 0", "Job 1" ... in one statement; `fields_of(number)` are the fields of one."""
    return Job.objects.bulk_create(
        Job(**_columns(f"Job {number}", fields | fields_of(number))) for number in range(count)
    )


def _columns(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    status = fields.get("status", Status.PENDING)
    assert status in (*ACTIVE, *SETTLED)
    now = timezone.now()
    defaults: dict[str, Any] = {"name": name, "type": "report"}
    if status in (Status.PROCESSING, Status.COMPLETED, Status.FAILED):
        defaults |= {"attempt": 1, "worker": "w1", "pid": 1, "started_at": now}
    if status == Status.PROCESSING:
        defaults["lease_until"] = now + timedelta(seconds=60)
    if status == Status.FAILED:
        defaults |= {"error_code": "exception", "error_type": "ValueError"}
        defaults["error_message"] = "it broke"
    if status in SETTLED:
        defaults["finished_at"] = now
    if isinstance(fields.get("created_at"), datetime):  # an id begins with the time of its creation
        defaults["id"] = id_of(fields["created_at"])
    return defaults | fields


def id_of(at: datetime) -> UUID:
    """Return a new id, as it would have been made at a moment."""
    new = uuid7()
    return UUID(int=int(at.timestamp() * 1000) << 80 | new.int & (1 << 80) - 1)


def make_worker(**fields: Any) -> Worker:
    """A worker with a fresh heartbeat, one slot, the default queue and the type `report`."""
    number = next(_numbers)
    defaults = {
        "id": f"w{number}",
        "host": "test",
        "pid": number,
        "queues": ["default"],
        "types": ["report"],
    }
    return Worker.objects.create(**defaults | {"slots": 1, "consuming": True} | fields)


def make_hold(**fields: Any) -> Hold:
    """A hold of the type `report` without an end; any field may be given."""
    fields = {"kind": HoldKind.TYPE, "value": "report", **fields}
    return Hold.objects.create(
        **{"name": fields["value"], "reason": "disk is full", "held_by": "olga", **fields}
    )
