"""Every page of the site that a user can open, with rows whose names are as long as they may be."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.db.models.functions import Now
from django.test import Client
from django.urls import URLResolver, get_resolver
from django_celery_results.models import TaskResult

from jobs.models import ApiToken, Hold, Job, JobLog, SiteLimit, Status, UpkeepState, Worker
from tests.support import people
from tests.support.factories import make_hold, make_job

LONG = "x" * 200  # one word, which breaks nowhere by itself
PATHS = ("No such file or directory: /srv/" + "exports/" * 20, LONG * 3)
# A page that signs out, and one that returns JSON.
NOT_PAGES = ("admin/logout/", "healthz")


def make_rows() -> User:
    """Make a row of every model that the admin shows, and return a superuser."""
    staff = people.superuser(username=LONG[:150], first_name=LONG[:150])
    names = {
        "name": LONG,
        "created_by": staff,
        "created_by_name": staff.username,
        "queue": LONG[:100],
    }
    jobs = [make_job(status=status, **names, **_fields(status)) for status in Status]
    make_job(status=Status.FAILED, type="gone", **names, error_message=PATHS[1])
    for job in jobs:
        line = {"seq": 1, "at": job.created_at, "level": "ERROR", "message": LONG * 5}
        JobLog.objects.create(job=job, attempt=1, **line)
        job.events.create(to_status=job.status, actor=staff.username, reason=LONG)
    LogEntry.objects.log_actions(staff.pk, [*jobs, staff], CHANGE, LONG)
    ApiToken.objects.create(staff, name=LONG[:100])
    Group.objects.create(name=LONG[:150])
    TaskResult.objects.create(task_id=str(jobs[2].pk), status="SUCCESS", worker="a" * 32)
    Worker.objects.create(
        id="a" * 32, host=LONG, pid=1, slots=2, queues=["default"], consuming=True
    )
    Worker.objects.update(drained_at=Now(), drained_by=LONG[:150], drain_reason=LONG)
    for ended_at in (None, Now()):
        make_hold(name=LONG, reason=LONG, held_by=LONG[:150], ended_at=ended_at, released_by="x")
    SiteLimit.objects.create(type="prune", at_most=3, by=LONG, reason=LONG, set_by=LONG[:150])
    UpkeepState.objects.create(host=LONG, pid=2)
    attempt = {
        "username": LONG,
        "ip_address": "192.0.2.1",
        "user_agent": LONG,
        "path_info": "/admin/",
    }
    AccessAttempt.objects.create(**attempt, get_data=LONG, post_data=LONG, failures_since_start=5)
    AccessFailureLog.objects.create(**attempt)
    AccessLog.objects.create(**attempt)
    return staff


def _fields(status: Status) -> dict[str, Any]:
    fields: dict[str, Any] = {"params": {LONG: LONG}, "progress_message": LONG}
    if status == Status.FAILED:
        fields |= {"error_type": LONG, "error_message": PATHS[0], "error_traceback": LONG}
    if status == Status.COMPLETED:
        fields |= {"result": {LONG: LONG}}
    if status == Status.CANCELLED:
        fields |= {"cancel_reason": LONG, "cancel_requested_by": LONG[:150]}
    return fields


def pages_of(user: User) -> list[str]:
    """Return the addresses that answer a GET of `user` with a page, each once.

    They come from the URL resolver, so that a new page is among them without being named here.
    """
    client = Client()
    client.force_login(user)
    found = {}
    for address in _addresses(get_resolver().url_patterns):
        answer = client.get(f"/{address}")
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        answer.close()
        # A fragment for a script is HTML as well, but not a page.
        if answer.status_code == 200 and is_page and b"<html" in answer.getvalue():
            found[f"/{address}"] = None
    return list(found)


def _addresses(patterns: Any, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, route)
        elif route not in NOT_PAGES:
            yield from _filled_in(route)


def _filled_in(route: str) -> Iterator[str]:
    """The route with values in place of its parameters; a job's with each job."""
    if "app_list" in route or "app_label" in route:
        labels = {model._meta.app_label for model in admin.site._registry}
        yield from (f"admin/{label}/" for label in labels)
        return
    if "(?P" in route or route.endswith("$"):
        return  # catch-alls, which have no page
    for values in _values(route):
        yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route).format(**values)


def _values(route: str) -> list[dict[str, Any]]:
    """Values of the parameters of a route. KeyError in the caller: name the new one here."""
    user = User.objects.get(username=LONG[:150])
    token = ApiToken.objects.get()
    fixed = {"user_id": user.pk, "token_id": token.public_id, "slug": "greet", "type": "greet"}
    fixed |= {
        "name": "none",
        "file_id": 1,
        "upload_id": UUID(int=1),
        "id": user.pk,
        "hold_id": Hold.objects.active().get().pk,
        "worker_id": "a" * 32,
    }
    models = {
        f"admin/{one._meta.app_label}/{one._meta.model_name}/": one for one in admin.site._registry
    }
    model = next((one for start, one in models.items() if route.startswith(start)), Job)
    rows = model.objects.order_by("pk")
    keys = [row.pk for row in (rows if model is Job else rows[:1])]
    return [fixed | {"object_id": key, "job_id": key} for key in keys]
