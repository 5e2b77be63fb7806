"""Why a job is where it is, and how long it will take: for people who ask "what is it waiting for?"."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from jobs import stats
from jobs.lifecycle import ERRORS
from jobs.models import Job, Status
from jobs.stats import GLANCE


@dataclass(frozen=True)
class Explanation:
    """One sentence, and the seconds until the job will have ended, as far as that can be told."""

    sentence: str
    eta_seconds: int | None = None


@dataclass(frozen=True)
class Waiting:
    """What a PENDING job waits for: the jobs ahead of it (at most GLANCE) and who could take it."""

    ahead: int
    serving: int  # live workers that serve its queue
    slots: int  # jobs that those of them which know its type run at a time


def explanation(job: Job) -> Explanation:
    """Why `job` is where it is. Two queries while it waits, one while it runs, none when it is settled."""
    match job.status:
        case Status.PENDING:
            return _waits(job, waiting(job), stats.usual_durations([job.type]).get(job.type))
        case Status.PROCESSING:
            return _runs(job, timezone.now())
    return Explanation(_ended(job))


def waiting(job: Job) -> Waiting:
    """What a PENDING job waits for.

    Source: indexes jobs_job_waiting and the few rows of jobs_worker; one query.
    """
    sql = """WITH serving AS (
            SELECT slots, types FROM jobs_worker
            WHERE heartbeat_at > now() - %(silence)s AND queues @> to_jsonb(%(queue)s::text)
        )
        SELECT (SELECT count(*) FROM (
                SELECT 1 FROM jobs_job
                WHERE status = 'PENDING' AND queue = %(queue)s AND published_at < %(published_at)s
                LIMIT %(limit)s) AS ahead),
            (SELECT count(*) FROM serving),
            (SELECT coalesce(sum(slots), 0) FROM serving WHERE types @> to_jsonb(%(type)s::text))"""
    values: dict[str, Any] = {
        "queue": job.queue,
        "type": job.type,
        "published_at": job.published_at,
        "limit": GLANCE,
        "silence": timedelta(seconds=settings.JOBS_LEASE_SECONDS),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return Waiting(*(int(figure) for figure in cursor.fetchone()))


def places(jobs: Iterable[Job]) -> dict[UUID, int]:
    """How many jobs are ahead of each of `jobs` that is among the first GLANCE waiting in its queue; others are absent.

    Source: index jobs_job_waiting, read as far as the last of `jobs`; one query.
    """
    waiting = list(jobs)
    last: dict[str, datetime] = {}
    for job in waiting:
        last[job.queue] = max(job.published_at, last.get(job.queue, job.published_at))
    sql = """SELECT first.id, first.place - 1
        FROM unnest(%s::text[], %s::timestamptz[]) AS wanted(queue, last), LATERAL (
            SELECT id, row_number() OVER (ORDER BY published_at, id) AS place FROM jobs_job
            WHERE status = 'PENDING' AND queue = wanted.queue AND published_at <= wanted.last
            ORDER BY published_at, id LIMIT %s
        ) AS first WHERE first.id = ANY(%s)"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [[*last], [*last.values()], GLANCE, [job.pk for job in waiting]])
        return dict(cursor.fetchall())


def run_eta_seconds(job: Job) -> int | None:
    """The seconds a PROCESSING job still needs, by its own progress so far; no query."""
    if job.status != Status.PROCESSING or not job.progress_percent or job.started_at is None:
        return None
    elapsed = (timezone.now() - job.started_at).total_seconds()
    return max(0, round(elapsed * (100 - job.progress_percent) / job.progress_percent))


def error_name(code: str, type: str = "") -> str:
    """What people call a failure: the type of what the handler raised, or else its error code in words."""
    return type or ERRORS.get(code, code)


def acknowledgement(job: Job) -> str:
    """Who acknowledged the failure, and the note they left; "" while nobody did."""
    if job.acknowledged_at is None:
        return ""
    note = f": {job.acknowledged_note}" if job.acknowledged_note else "."
    return f"Acknowledged by {job.acknowledged_by} at {_clock(job.acknowledged_at)}{note}"


def cancellation(job: Job) -> str:
    """Who cancelled the job, or asked it to stop, and why; "" if nobody asked."""
    if job.status == Status.CANCELLED:
        return _ended(job)
    return _stopping(job) if job.status == Status.PROCESSING and job.cancel_requested_at else ""


def words(seconds: float) -> str:
    """A duration as one would say it: "40 seconds", "3 minutes", "2 hours", "5 days"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 1.5 * size:
            return _counted(round(seconds / size), unit)
    return _counted(max(1, round(seconds)), "second")


def _waits(job: Job, now: Waiting, usual: stats.Usual | None) -> Explanation:
    if not now.serving:
        return Explanation(f'No live worker serves the queue "{job.queue}".')
    if not now.slots:
        return Explanation(f'No live worker of the queue "{job.queue}" knows the type "{job.type}".')
    # The jobs ahead share the slots; how long they take is guessed from this one's type.
    until_start = None if usual is None else usual.mean * now.ahead / now.slots
    eta = None if usual is None or until_start is None else round(until_start + usual.mean)
    if not now.ahead:
        return Explanation("It is the next one to be taken.", eta)
    ahead = "1 job is" if now.ahead == 1 else f"{now.ahead:,} jobs are"
    if now.ahead >= GLANCE:
        ahead = f"{GLANCE:,} jobs or more are"
    about = "" if until_start is None else f", about {words(until_start)}"
    return Explanation(f"{ahead} ahead of it{about}.", eta)


def _runs(job: Job, now: datetime) -> Explanation:
    assert job.lease_until is not None
    assert job.started_at is not None
    if job.lease_until < now:
        silent_since = job.lease_until - timedelta(seconds=settings.JOBS_LEASE_SECONDS)
        return Explanation(
            f"The worker stopped answering at {_clock(silent_since)}; the job will be rescued."
        )
    if job.cancel_requested_at is not None:
        return Explanation(_stopping(job))
    eta = run_eta_seconds(job)
    elapsed = (now - job.started_at).total_seconds()
    if eta is None and (usual := stats.usual_durations([job.type]).get(job.type)) and usual.p50 > elapsed:
        eta = round(usual.p50 - elapsed)
    left = "" if eta is None else f", about {words(eta)} left"
    return Explanation(f"Running for {words(elapsed)}{left}.", eta)


def _ended(job: Job) -> str:
    if job.status == Status.FAILED:
        what = job.error_message or error_name(job.error_code, job.error_type)
        return f"Failed: {what.splitlines()[0]}"
    if job.status == Status.CANCELLED:
        by = f" by {job.cancel_requested_by}" if job.cancel_requested_by else ""
        return f"Cancelled{by}{_why(job)}"
    if job.started_at is None or job.finished_at is None:
        return "Completed."
    return f"Completed after {words((job.finished_at - job.started_at).total_seconds())}."


def _stopping(job: Job) -> str:
    assert job.cancel_requested_at is not None
    at = _clock(job.cancel_requested_at)
    return f"Asked to stop by {job.cancel_requested_by} at {at}{_why(job)}"


def _why(job: Job) -> str:
    """The reason given for cancelling, as the end of a sentence."""
    return f": {job.cancel_reason}" if job.cancel_reason else "."


def _clock(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%H:%M %Z}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M %Z}"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
