"""What each change of a hold, a limit or a drain needs: the right, a reason, an audit entry."""

import logging

from django.contrib.admin.models import LogEntry
from django.db.models import Model

from jobs import access
from jobs.errors import InvalidHold, NotPermitted
from jobs.models import REASON_LIMIT
from jobs.safe_text import has_visible, storable
from jobs.services.caller import Caller

logger = logging.getLogger(__name__)

MESSAGE_LIMIT_OF_LOG = 2_000


def require_right(caller: Caller) -> None:
    """Raise NotPermitted unless the caller may hold jobs."""
    if not access.may_hold(caller.user):
        raise NotPermitted(f"This needs the permission {access.HOLD}.")


def kept_reason(reason: str) -> str:
    """Return the reason as it is stored.

    Raises: InvalidHold if there is none, or it is too long.
    """
    text = storable(" ".join(reason.split()), 2 * REASON_LIMIT)
    if not has_visible(text):
        raise InvalidHold("Say why: the reason is shown to everyone whose jobs wait.", "reason")
    if len(text) > REASON_LIMIT:
        raise InvalidHold(f"The reason may have at most {REASON_LIMIT} characters.", "reason")
    return text


def audit_change(caller: Caller, what: Model, message: str, flag: int) -> None:
    """Log what the caller did: in the admin's log if it is a user, and in that of the process."""
    logger.info("%s: %s by %s", what, message, caller.name)
    if caller.user is not None:
        text = storable(message, MESSAGE_LIMIT_OF_LOG)
        LogEntry.objects.log_actions(caller.user.pk, [what], flag, text)
