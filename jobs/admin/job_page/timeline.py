"""The timeline on a job's page: its events with the time between them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html

from jobs import explain
from jobs.admin.display import times
from jobs.admin.display.workers import shorten_worker_ids, worker_link
from jobs.models import Job, JobEvent, Status, Worker

EVENTS_LIMIT = 200
WORKER_ACTOR = "worker "


@dataclass(frozen=True)
class Step:
    """One event; `after` is the time since the previous one, `status` is "" for a mere note.

    `short_actor` names a worker as the rest of the page does.
    """

    at: datetime
    title: str
    actor: str
    note: str
    status: str
    after: str = ""
    short_actor: str = ""


def timeline(job: Job, worker: Worker | None = None) -> list[Step]:
    """The events of the job, oldest first; `worker` is the one that ran it last, if it is known.

    One query, two if other workers ran earlier attempts.
    """
    steps: list[Step] = []
    previous: datetime | None = None
    events = list(job.events.all()[:EVENTS_LIMIT])
    workers = _workers_of(job, events, worker)
    for event in events:
        after = times.duration((event.at - previous).total_seconds()) if previous else ""
        status = "" if event.is_note else event.to_status
        actor = _short_actor(event.actor, workers)
        step = Step(event.at, _title(event), event.actor, _note(event), status, after, actor)
        steps.append(step)
        previous = event.at
    return steps


def _workers_of(job: Job, events: list[JobEvent], last: Worker | None) -> dict[str, Worker]:
    """The known workers among the actors of the events, by their ids."""
    ids = {_worker_id(event.actor) for event in events} - {"", job.worker}
    workers = Worker.objects.in_bulk(sorted(ids)) if ids else {}
    return workers | ({last.pk: last} if last else {})


def _worker_id(actor: str) -> str:
    """The id in an actor such as "worker 3f9c1d7e..."; "" if the actor is no worker."""
    return actor.removeprefix(WORKER_ACTOR) if actor.startswith(WORKER_ACTOR) else ""


def _short_actor(actor: str, workers: dict[str, Worker]) -> str:
    """The actor; a worker as the rest of the page names it."""
    worker = workers.get(_worker_id(actor))
    if worker is None:
        return shorten_worker_ids(actor)
    return format_html("{}{}", WORKER_ACTOR, worker_link(worker.pk, worker))


def _title(event: JobEvent) -> str:
    if event.is_note:
        return "Acknowledged" if event.to_status == Status.FAILED else "Asked to stop"
    if event.from_status and event.to_status == Status.PENDING:
        return "Back in the queue"
    titles = {Status.PENDING: "Submitted", Status.PROCESSING: "Started"}
    title = titles.get(Status(event.to_status), event.get_to_status_display())
    return f"{title} (attempt {event.attempt})" if event.attempt > 1 else title


def _note(event: JobEvent) -> str:
    is_failure = event.to_status == Status.FAILED and not event.is_note
    return explain.error_name(event.reason) if is_failure else event.reason
