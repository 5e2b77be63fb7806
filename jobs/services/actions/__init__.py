"""The table of actions on existing jobs.

Buttons, the list's actions, the bulk job types, and `can_...` and the endpoints of the API come
from it. A command has a file of its own in jobs/management/commands/, which names its action.
"""

from typing import Any

from jobs.models import Job
from jobs.services.actions.acknowledge import ACKNOWLEDGE
from jobs.services.actions.action import Action
from jobs.services.actions.cancel import CANCEL
from jobs.services.actions.delete import DELETE
from jobs.services.actions.rerun import RERUN

__all__ = [
    "ACKNOWLEDGE",
    "ACTIONS",
    "CANCEL",
    "DELETE",
    "RERUN",
    "bulk_types",
    "possible_actions",
]

# In the order in which people are offered them.
ACTIONS: list[Action] = [RERUN, CANCEL, ACKNOWLEDGE, DELETE]


def possible_actions(user: Any, job: Job) -> list[Action]:
    """The actions that `user` may do to `job` now."""
    return [action for action in ACTIONS if action.is_possible(user, job)]


def bulk_types() -> list[str]:
    """The slugs of the bulk job types."""
    return [action.job_type for action in ACTIONS]
