"""The type of an entry in the table of actions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from jobs.models import Job, JobQuerySet
from jobs.services.caller import Caller

BULK_PREFIX = "bulk_"


class Acted(NamedTuple):
    """What an action left: the same job, a new one, or None if the job was deleted.

    `replayed` says that an earlier request under the same idempotency key made the new job.
    """

    job: Job | None
    replayed: bool = False


@dataclass(frozen=True, kw_only=True)
class OneStatement:
    """How an action does many jobs in one statement.

    `run` gets jobs in any status and a note; it returns the ids of the jobs that it has done, all
    of them in one of `statuses`. `done_since` matches the jobs that the caller has done since a
    moment.
    """

    statuses: tuple[str, ...]
    run: Callable[[Caller, Iterable[Job], str], set[UUID]]
    done_since: Callable[[Caller, datetime], Q]


@dataclass(frozen=True, kw_only=True)
class Action:
    """An action on existing jobs, as every door offers it.

    The name stands in URLs, in `can_...` of the API, and in the names of commands and of the bulk
    job type. `run` gets the caller, the job's id, a note, and the idempotency key of the job that
    it may make.
    """

    name: str
    label: str  # "Cancel"
    done: str  # "cancelled"
    summary: str  # for the API's schema and the command's help
    statuses: tuple[str, ...]  # in which it can be done
    run: Callable[[Caller, UUID, str, str | None], Acted]

    # May this user do it to some jobs?
    allowed: Callable[[Any], bool]
    # May this user do it to this job, if its status allows it?
    allowed_on: Callable[[Any, Job], bool]
    # To which of `jobs` may this user do it?
    reachable: Callable[[Any, JobQuerySet], JobQuerySet] = lambda user, jobs: jobs
    # For which of these is it refused nevertheless?
    refused: Callable[[JobQuerySet], JobQuerySet] = lambda jobs: jobs.none()
    # Why there is nothing left to do to a job in one of its statuses; "" if there is.
    already: Callable[[Job], str] = lambda job: ""

    # Its form: the name of the note in the API and the command ("" if it takes none), its label,
    # and the text of its button on the job's page.
    note: str = ""
    note_label: str = ""
    button: str
    # Whether the launch page can do it too, with other params.
    has_form: bool = False
    is_dangerous: bool = False
    # Does it to the job's waiting children too, if asked; returns to how many. It gets the caller,
    # the job's id and the note.
    on_children: Callable[[Caller, UUID, str], int] | None = None
    # On the job's page: what is asked first ("" if nothing is), and what stands there instead of
    # the button while the job is in another status.
    question: str = ""
    not_yet: str = ""
    # Among many: the last line of the question.
    warning: str = ""

    # Among many: the bulk job type, and how to do many at a time.
    bulk_label: str
    bulk_summary: str
    bulk_permission: str | None = None
    spares_bulk_jobs: bool = False
    one_statement: OneStatement | None = None
    # Whether it may leave a job running that was asked to stop; whether it deletes the job; whether
    # `run` itself writes the admin's log.
    asks_to_stop: bool = False
    deletes: bool = False
    logs_itself: bool = False

    @property
    def job_type(self) -> str:
        """The slug of the bulk job type that does it to all jobs that match a filter."""
        return f"{BULK_PREFIX}{self.name}"

    @property
    def outcome(self) -> str:
        """The word for it in reports of bulk jobs: "cancelled"."""
        return self.done.split()[0]

    @property
    def asks_first(self) -> bool:
        """Whether its button on the job's page leads to a question."""
        return bool(self.question)

    @property
    def may_reach_children(self) -> bool:
        """Whether its form asks if the job's waiting children are meant too."""
        return self.on_children is not None

    def is_possible(self, user: Any, job: Job) -> bool:
        """Whether `user` may do it to `job` now."""
        possible = job.status in self.statuses and not self.already(job)
        return possible and self.allowed_on(user, job)
