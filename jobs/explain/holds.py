"""Why a waiting job does not begin: it is on hold, or a limit is reached."""

from jobs import lifecycle
from jobs.durations import clock
from jobs.lifecycle import Room
from jobs.models import Hold, Job
from jobs.stats import GLANCE


def on_hold(held: Hold) -> str:
    """Say until when jobs are on hold, by whom, and why."""
    until = "until it is released" if held.until is None else f"until {clock(held.until)}"
    return f"On hold {until}, by {held.held_by}: {held.reason}"


def waits_for_room(job: Job, room: Room) -> tuple[str, int]:
    """Say that a limit is reached, "" if the job may begin; and how many jobs wait before it."""
    running, before = lifecycle.filled(room, job.id, GLANCE)
    if running < room.limit.at_most and not before:
        return "", 0
    jobs = "1 job" if room.limit.at_most == 1 else f"{room.limit.at_most:,} jobs"
    what = f"of this type with the same {room.limit.by}" if room.limit.by else "of this type"
    more = "+" if before == GLANCE else ""
    ahead = f"{before:,}{more} wait before it" if before else "it is the next one"
    return f"At most {jobs} {what} may run at a time; {ahead}.", before
