"""What the page of a job says of it: its steps, parameters, error and result, made fit for reading."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.forms import ChoiceField, Field, ModelChoiceField
from django.utils.dateparse import parse_datetime

from jobs import explain, parameters, registry
from jobs.admin.display import times
from jobs.models import AuditEntry, Job, JobEvent, Status, Worker
from jobs.services import bulk_types

FRAME = re.compile(
    r'^  File "(?P<path>[^"]{1,500})", line (?P<line>\d+), in (?P<function>\S{1,200})$', re.M
)
# A worker's id is new at each start, 32 digits long.
WORKER_ID = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24}\b")
# Frames below these are the machinery's, not the handler's.
MACHINERY = ("/site-packages/", "/lib/python3", "/jobs/engine/", "<frozen ")


@dataclass(frozen=True)
class Step:
    """One line of the job's history."""

    at: datetime
    words: str
    actor: str
    note: str
    status: str
    after: str = ""

    @property
    def short_actor(self) -> str:
        """The actor, a worker by the first digits of its id."""
        return short(self.actor)


@dataclass(frozen=True)
class Frame:
    """One line of a traceback: where, and the code there."""

    place: str
    function: str
    code: str


@dataclass(frozen=True)
class Error:
    """A failure: its code and name, and where in the application; `traceback` is the whole of it."""

    code: str
    title: str
    message: str
    frames: list[Frame]
    traceback: str


@dataclass(frozen=True)
class Data:
    """Parameters or a result: pairs for reading, and all of it as JSON."""

    pairs: list[tuple[str, str]]
    text: str


def steps(job: Job) -> list[Step]:
    """The events of the job in the order they were written, each with the time since the one before."""
    found = [
        Step(
            event.at,
            _words(event),
            event.actor,
            _note(event),
            "" if event.is_note else event.to_status,
        )
        for event in job.events.all()[:200]
    ]
    return list(_with_distances(found))


def _words(event: JobEvent) -> str:
    if event.is_note:
        return "Acknowledged" if event.to_status == Status.FAILED else "Asked to stop"
    if event.from_status and event.to_status == Status.PENDING:
        return "Back in the queue"
    words = {Status.PENDING: "Submitted", Status.PROCESSING: "Started"}
    word = words.get(Status(event.to_status), event.get_to_status_display())
    return f"{word} (attempt {event.attempt})" if event.attempt > 1 else word


def _note(event: JobEvent) -> str:
    failed = event.to_status == Status.FAILED and not event.is_note
    return explain.error_name(event.reason) if failed else event.reason


def _with_distances(ordered: list[Step]) -> Iterator[Step]:
    before: Step | None = None
    for step in ordered:
        after = times.duration((step.at - before.at).total_seconds()) if before else ""
        yield Step(step.at, step.words, step.actor, step.note, step.status, after)
        before = step


def parameters_of(job: Job) -> Data:
    """The parameters as their form has them, by label, what was chosen in words; secrets masked."""
    job_type = registry.find(job.type)
    shown = parameters.mask(job_type, job.params)
    fields = job_type.form().fields if job_type else {}
    labels = {
        name: field.label or name.replace("_", " ").capitalize() for name, field in fields.items()
    }
    pairs = [
        (str(labels.get(name, name)), _readable(_in_words(value, fields.get(name))))
        for name, value in shown.items()
    ]
    return Data(pairs, _json(shown))


def _in_words(value: Any, field: Field | None) -> Any:
    """`value` as the choices of `field` call it; not those of a table, of which there may be a million."""
    if not isinstance(field, ChoiceField) or isinstance(field, ModelChoiceField):
        return value
    choices: Any = field.choices
    words = {str(key): label for key, label in choices}
    if isinstance(value, list):
        return [words.get(str(one), one) for one in value]
    return words.get(str(value), value)


def result_of(job: Job) -> Data | None:
    """The result: its single values as pairs, and all of it as JSON."""
    if job.result is None:
        return None
    if not isinstance(job.result, dict):
        return Data([], _json(job.result))
    pairs = [
        (name.replace("_", " ").capitalize(), _readable(value))
        for name, value in job.result.items()
        if not isinstance(value, dict | list)
    ]
    return Data(pairs, _json(job.result))


def left_out_of(job: Job) -> list[dict[str, str]]:
    """Return the first jobs that a bulk job left out: their "job" (id), "name" and "reason"."""
    if job.type not in bulk_types() or not isinstance(job.result, dict):
        return []
    rows: list[dict[str, str]] = job.result.get("not_done", [])
    return rows


def error_of(job: Job) -> Error | None:
    """The failure, if it is one."""
    if job.status != Status.FAILED:
        return None
    title = explain.error_name(job.error_code, job.error_type)
    frames = application_frames(job.error_traceback)
    return Error(job.error_code, title, job.error_message, frames, job.error_traceback)


def application_frames(traceback: str) -> list[Frame]:
    """The frames of a traceback that belong to the application, innermost first."""
    frames = []
    for found in FRAME.finditer(traceback):
        if not any(part in found["path"] for part in MACHINERY):
            code = traceback[found.end() + 1 :].split("\n", 1)[0].strip()
            path = "/".join(found["path"].split("/")[-3:])
            frames.append(Frame(f"{path}:{found['line']}", found["function"], code))
    return frames[::-1][:10]


def worker_of(job: Job) -> str:
    """The worker that ran the job last, as people know it: its host and the first digits of its id."""
    host = (
        Worker.objects.filter(pk=job.worker).values_list("host", flat=True).first()
        if job.worker
        else ""
    )
    return f"{host or ''} {short(job.worker)}".strip()


def short(text: str) -> str:
    """`text` with the ids of workers cut to their first digits."""
    return WORKER_ID.sub(r"\1", text)


def deleted_at(job: Job) -> datetime | None:
    """When prune will remove the job; None while it is active or its type is gone."""
    job_type = registry.find(job.type)
    if job_type is None or job.finished_at is None:
        return None
    return job.finished_at + timedelta(days=job_type.retention_days)


def audit_entries(job: Job) -> list[AuditEntry]:
    """What staff did to the job in the admin, the latest first."""
    return list(AuditEntry.objects.about(Job, job.pk).with_present_names()[:20])


def _readable(value: Any) -> str:
    if value is None or value == "" or value == []:
        return "–"  # noqa: RUF001 (a dash for display)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_readable(one) for one in value)
    if isinstance(value, str) and (at := _moment(value)):
        return times.exact_time(at)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _moment(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo else None


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
