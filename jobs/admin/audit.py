"""Who acts in the admin, with which note, and the entry about it in the admin log."""

from collections.abc import Iterable

from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest

from jobs import lifecycle
from jobs.models import Job, Source
from jobs.safe_text import storable
from jobs.services import Caller, caller_of

LOG_MESSAGE_LIMIT = 2000


def admin_caller(request: HttpRequest) -> Caller:
    """The user of this request as the caller of a service."""
    return caller_of(request, Source.ADMIN)


def note_of(request: HttpRequest) -> str:
    """The note or reason in the form, cut to the length that is stored."""
    return request.POST.get("note", "").strip()[: lifecycle.MESSAGE_LIMIT]


def log_action(request: HttpRequest, jobs: Iterable[Job], message: str) -> None:
    """Log what the user did to `jobs`, in the admin log of each."""
    LogEntry.objects.log_actions(
        user_id=str(request.user.pk),
        queryset=list(jobs),
        action_flag=CHANGE,
        change_message=storable(message, LOG_MESSAGE_LIMIT),
    )
