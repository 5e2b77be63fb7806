"""Times on a command line, and lists of holds, limits and workers for a shell."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.core.management import CommandError
from django.utils import timezone

from jobs import parameters, services
from jobs.models import Hold, Worker

SPAN = re.compile(r"(\d{1,6})([smhd])")
UNIT_NAMES = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def end_of_hold(until: str, span: str) -> datetime | None:
    """Return the end that `--until` or `--for` gives; None if neither does.

    Raises: CommandError.
    """
    if until and span:
        raise CommandError("Give --until or --for, not both.")
    if span:
        if not (found := SPAN.fullmatch(span)):
            raise CommandError(f"--for {span} is no duration. Write 90s, 30m, 2h or 1d.")
        return timezone.now() + timedelta(**{UNIT_NAMES[found[2]]: int(found[1])})
    if not until:
        return None
    if (moment := parameters.moment(until)) is None:
        raise CommandError(f"--until {until} is no time. Write 2026-11-30T14:00:00Z.")
    return moment


def hold_line(held: Hold) -> str:
    """Return a hold as one line."""
    until = f"until {held.until:%Y-%m-%dT%H:%M:%SZ}" if held.until else "until it is released"
    target = held.name if held.kind == "requester" else held.value
    return f"{held.id} {held.kind} {target} {until}, by {held.held_by}: {held.reason}"


def limit_lines() -> Iterator[str]:
    """Yield each type that has a limit as one line."""
    for one in services.limited_types():
        applies, origin = one.applies, "the site" if one.site else "its code"
        most = f"at most {applies.at_most}" if applies else "no limit"
        each = f" for each {applies.by}" if applies and applies.by else ""
        yield f"{one.type} {most}{each} ({origin})"


def worker_line(worker: Worker) -> str:
    """Return a worker as one line."""
    drained = f"drained by {worker.drained_by}: {worker.drain_reason}"
    return f"{worker.id} {worker} {drained if worker.drained_at else 'takes jobs'}"
