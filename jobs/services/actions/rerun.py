"""Rerun: launch a settled job again, as a new one."""

from typing import Any
from uuid import UUID

from jobs import access, registry
from jobs.models import SETTLED, JobQuerySet
from jobs.services.actions.action import Acted, Action
from jobs.services.caller import Caller
from jobs.services.submission import rerun


def _rerun(caller: Caller, job_id: UUID, note: str, key: str | None) -> Acted:
    return Acted(*rerun(caller, job_id, idempotency_key=key))


def _launchable(user: Any, jobs: JobQuerySet) -> JobQuerySet:
    """The jobs of the types that exist and that `user` may launch."""
    slugs = [one.slug for one in registry.all() if access.may_launch(user, one)]
    return jobs.filter(type__in=slugs)


RERUN = Action(
    name="rerun",
    label="Launch again",
    done="launched again",
    summary="Launch a settled job again, as a new one.",
    statuses=SETTLED,
    run=_rerun,
    allowed=access.may_launch_some,
    allowed_on=access.may_launch_again,
    reachable=_launchable,
    button="Launch again",
    bulk_label="Launch many again",
    bulk_summary="Launches settled jobs that a filter matches again.",
    # Two bulk jobs that match each other would launch each other for ever.
    spares_bulk_jobs=True,
)
