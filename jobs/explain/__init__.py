"""Why a job has its status and how long it will take, in one sentence for users."""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from jobs import lifecycle, registry, stats
from jobs.durations import clock, duration, humanize_seconds
from jobs.explain import holds
from jobs.lifecycle import ERRORS
from jobs.models import Hold, Job, Status
from jobs.safe_text import quantity
from jobs.stats import GLANCE

RECENT_SECONDS = 1.0


@dataclass(frozen=True)
class Explanation:
    """One sentence, the estimated seconds until the job ends (None: unknown), the jobs ahead.

    `is_shared` if it is the same for other jobs of the queue and type that are submitted now.
    """

    sentence: str
    eta_seconds: int | None = None
    ahead: int = 0
    is_shared: bool = True


# By queue and type: the explanation of a job that was just submitted, and when it expires.
_recent: dict[tuple[str, str], tuple[float, Explanation]] = {}


def explanation(job: Job) -> Explanation:
    """Explain the status of `job`.

    Four queries while it waits, one while it runs, none when it is settled.
    """
    match job.status:
        case Status.PENDING:
            return _waits(job)
        case Status.PROCESSING:
            return _runs(job, timezone.now())
    return Explanation(_ended(job))


def recent_explanation(job: Job) -> Explanation:
    """Explain the status of a job that was just submitted, from figures of at most a second ago.

    One explanation a second is computed for each queue and type; other jobs share it.
    The queries would cost a submission as much as its INSERT.
    """
    if job.status != Status.PENDING:
        return explanation(job)
    now, key = time.monotonic(), (job.queue, job.type)
    expires, recent = _recent.get(key, (0.0, None))
    if recent is None or expires < now:
        recent = explanation(job)
        if recent.is_shared:
            _recent[key] = now + RECENT_SECONDS, recent
    return recent


def run_eta_seconds(job: Job) -> int | None:
    """Estimate the seconds that a PROCESSING job still needs from its progress; no query."""
    if job.status != Status.PROCESSING or job.started_at is None:
        return None
    elapsed = (timezone.now() - job.started_at).total_seconds()
    left = stats.seconds_left(elapsed, _percent(job))
    return None if left is None else round(left)


def _percent(job: Job) -> float | None:
    """The progress in percent; exact where the handler counts, else rounded down."""
    if job.progress_done is None or not job.progress_total:
        return job.progress_percent
    return min(100.0, 100 * job.progress_done / job.progress_total)


def error_name(code: str, type: str = "") -> str:
    """Name a failure: the type of the handler's exception, or else the label of its error code."""
    return type or ERRORS.get(code, code)


def acknowledgement(job: Job) -> str:
    """Say who acknowledged the failure, and the note; "" if there is none."""
    if job.acknowledged_at is None:
        return ""
    note = f": {job.acknowledged_note}" if job.acknowledged_note else "."
    return f"Acknowledged by {job.acknowledged_by} at {clock(job.acknowledged_at)}{note}"


def cancellation(job: Job) -> str:
    """Say who cancelled the job or asked it to stop, and why; "" without a request."""
    if job.status == Status.CANCELLED:
        return _ended(job)
    return _stopping(job) if job.status == Status.PROCESSING and job.cancel_requested_at else ""


def _waits(job: Job) -> Explanation:
    found = lifecycle.obstacle(job.id, registry.limits())
    if found and found.hold_id is not None:
        held = Hold.objects.filter(id=found.hold_id).first()
        if held is not None:
            return Explanation(holds.on_hold(held), is_shared=False)
    if found and found.room:
        sentence, before = holds.waits_for_room(job, found.room)
        if sentence:
            return Explanation(sentence, None, before, is_shared=False)
    waits = _in_line(job)
    return replace(waits, is_shared=not (found and found.clients_are_held))


def _in_line(job: Job) -> Explanation:
    if job.parked_by:
        return Explanation("It is taken as soon as a worker is free.")
    loads = stats.loads()
    serving = [load for load in loads if job.queue in load.queues]
    if not serving:
        return Explanation(f'No live worker serves the queue "{job.queue}".')
    if not any(job.type in load.types for load in serving):
        return Explanation(
            f'No live worker of the queue "{job.queue}" knows the type "{job.type}".'
        )
    line = stats.lines([job])[job.queue]
    place = line.place_of(job.id)
    ahead = len(line.types) if place is None else place
    usual = stats.usual_durations({job.type, *stats.types_of([line], serving)})
    until_start = dict(enumerate(stats.starts(job.queue, line, loads, usual))).get(ahead)
    eta = _eta(until_start, usual.get(job.type))
    return Explanation(_line_up(ahead, until_start), eta, ahead)


def _line_up(ahead: int, until_start: float | None) -> str:
    if not ahead:
        is_later = until_start is not None and until_start >= 1
        soon = f", usually in about {humanize_seconds(until_start or 0)}" if is_later else ""
        return f"It is the next one to be taken{soon}."
    jobs = f"{quantity(ahead, 'job')} {'is' if ahead == 1 else 'are'}"
    if ahead >= GLANCE:
        jobs = f"{GLANCE:,} jobs or more are"
    about = "" if until_start is None else f", usually about {humanize_seconds(until_start)}"
    return f"{jobs} ahead of it{about}."


def _eta(until_start: float | None, usual: stats.Usual | None) -> int | None:
    return None if until_start is None or usual is None else round(until_start + usual.p50)


def _runs(job: Job, now: datetime) -> Explanation:
    assert job.lease_until is not None
    assert job.started_at is not None
    if job.lease_until < now:
        silent_since = job.lease_until - timedelta(seconds=settings.JOBS_LEASE_SECONDS)
        return Explanation(
            f"The worker stopped answering at {clock(silent_since)}; the job will be rescued."
        )
    if job.cancel_requested_at is not None:
        return Explanation(_stopping(job))
    eta = run_eta_seconds(job)
    elapsed = (now - job.started_at).total_seconds()
    runs = f"Running for {humanize_seconds(elapsed)}"
    if eta is not None:
        return Explanation(f"{runs}, about {humanize_seconds(eta)} left.", eta)
    usual = stats.usual_durations([job.type]).get(job.type)
    if usual is None:
        return Explanation(f"{runs}.")
    eta = round(usual.p50 - elapsed) if usual.p50 > elapsed else None
    return Explanation(f"{runs}; it usually takes {humanize_seconds(usual.p50)}.", eta)


def _ended(job: Job) -> str:
    if job.status == Status.FAILED:
        what = job.error_message or error_name(job.error_code, job.error_type)
        return f"Failed: {what.splitlines()[0]}"
    if job.status == Status.CANCELLED:
        by = f" by {job.cancel_requested_by}" if job.cancel_requested_by else ""
        return f"Cancelled{by}{_why(job)}"
    if job.started_at is None or job.finished_at is None:
        return "Completed."
    seconds = (job.finished_at - job.started_at).total_seconds()
    return f"Completed after {duration(seconds)}."


def _stopping(job: Job) -> str:
    assert job.cancel_requested_at is not None
    at = clock(job.cancel_requested_at)
    return f"Asked to stop by {job.cancel_requested_by} at {at}{_why(job)}"


def _why(job: Job) -> str:
    """Return the reason of a cancellation, as the end of a sentence."""
    return f": {job.cancel_reason}" if job.cancel_reason else "."
