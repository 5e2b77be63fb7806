"""The transitions of a job: the only code that changes Job.status. docs/lifecycle.md explains it.

Every change is one statement. It moves the row only from the status and attempt that the caller
saw, writes the event and, if the new status is final, the TaskResult. So PostgreSQL decides races,
and the three always agree. `using` is the database alias: a worker keeps these writes apart from
its handler's transaction.
"""

from jobs.lifecycle.admission import (
    Admission,
    admit,
    first_parked,
    next_in_room,
    park,
    unpark,
)
from jobs.lifecycle.attempts import (
    attempts_with_cancel_requested,
    claim,
    held,
    holds_of,
    release,
    renew_leases,
    settle,
)
from jobs.lifecycle.cancellation import (
    cancel_all_waiting,
    cancel_waiting,
    give_up,
    mark_acknowledged,
    request_cancel,
)
from jobs.lifecycle.intake import insert, remembered, remove, republish, withdraw
from jobs.lifecycle.lookup import find_job
from jobs.lifecycle.obstacles import (
    HOLD_PREFIX,
    LIMIT_PREFIX,
    Room,
    filled,
    key_of_limit,
    obstacle,
)
from jobs.lifecycle.transitions import (
    CHILD_KEY,
    ERRORS,
    FORM_KEY,
    KEY_REMEMBERED,
    MESSAGE_LIMIT,
    NEXT,
    TASK,
    TRACEBACK_LIMIT,
    Outcome,
    failed,
)
from jobs.lifecycle.uploads import remove_uploads, take_uploads

__all__ = [
    "CHILD_KEY",
    "ERRORS",
    "FORM_KEY",
    "HOLD_PREFIX",
    "KEY_REMEMBERED",
    "LIMIT_PREFIX",
    "MESSAGE_LIMIT",
    "NEXT",
    "TASK",
    "TRACEBACK_LIMIT",
    "Admission",
    "Outcome",
    "Room",
    "admit",
    "attempts_with_cancel_requested",
    "cancel_all_waiting",
    "cancel_waiting",
    "claim",
    "failed",
    "filled",
    "find_job",
    "first_parked",
    "give_up",
    "held",
    "holds_of",
    "insert",
    "key_of_limit",
    "mark_acknowledged",
    "next_in_room",
    "obstacle",
    "park",
    "release",
    "remembered",
    "remove",
    "remove_uploads",
    "renew_leases",
    "republish",
    "request_cancel",
    "settle",
    "take_uploads",
    "unpark",
    "withdraw",
]
