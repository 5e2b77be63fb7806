"""Who acts from the admin, with which note, and the log entry that says so."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest

from jobs import lifecycle
from jobs.models import Job, Source
from jobs.safe_text import storable
from jobs.services import Caller, caller_of

MESSAGE_LIMIT = 2000


def caller(request: HttpRequest) -> Caller:
    """The user of this request, as services know callers."""
    return caller_of(request, Source.ADMIN)


def note(request: HttpRequest) -> str:
    """The note or reason in the form that was sent, cut to what is stored."""
    return request.POST.get("note", "").strip()[: lifecycle.MESSAGE_LIMIT]


def action(request: HttpRequest, jobs: Iterable[Job], message: str) -> None:
    """Note in the admin's log what the user did to `jobs`."""
    LogEntry.objects.log_actions(
        user_id=str(request.user.pk),
        queryset=list(jobs),
        action_flag=CHANGE,
        change_message=storable(message, MESSAGE_LIMIT),
    )


def site_context(request: HttpRequest) -> dict[str, Any]:
    """What every page of the admin needs in its context."""
    return admin.site.each_context(request) | {"opts": Job._meta}
