"""Contents of a job's page: parameters, result, jobs not done, worker, end of storage."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.forms import ChoiceField, Field, ModelChoiceField
from django.utils.dateparse import parse_datetime

from jobs import parameters, registry
from jobs.admin.display import times
from jobs.admin.job_page.timeline import shorten_worker_ids
from jobs.models import AuditEntry, Job, Worker
from jobs.services import bulk_types


@dataclass(frozen=True)
class Data:
    """Parameters or a result: pairs of name and value, and all of it as JSON."""

    pairs: list[tuple[str, str]]
    json: str


def parameters_of(job: Job) -> Data:
    """The parameters with the labels of their form and of its choices; secrets masked."""
    job_type = registry.find(job.type)
    params = parameters.mask(job_type, job.params)
    fields = job_type.form().fields if job_type else {}
    pairs = []
    for name, value in params.items():
        field = fields.get(name)
        label = (field and field.label) or (_label(name) if field else name)
        pairs.append((str(label), _readable(_choice_labels(value, field))))
    return Data(pairs, _to_json(params))


def result_of(job: Job) -> Data | None:
    """The result; its pairs are the values that are not nested."""
    if job.result is None:
        return None
    if not isinstance(job.result, dict):
        return Data([], _to_json(job.result))
    pairs = [
        (_label(name), _readable(value))
        for name, value in job.result.items()
        if not isinstance(value, dict | list)
    ]
    return Data(pairs, _to_json(job.result))


def not_done_by(job: Job) -> list[dict[str, str]]:
    """The first jobs that a bulk job did not change: their "job" (id), "name" and "reason"."""
    if job.type not in bulk_types() or not isinstance(job.result, dict):
        return []
    rows: list[dict[str, str]] = job.result.get("not_done", [])
    return rows


def worker_of(job: Job) -> str:
    """The host of the worker that ran the job last, and the first digits of the worker's id."""
    if not job.worker:
        return ""
    host = Worker.objects.filter(pk=job.worker).values_list("host", flat=True).first()
    return f"{host or ''} {shorten_worker_ids(job.worker)}".strip()


def deleted_at(job: Job) -> datetime | None:
    """When pruning will delete the job; None while it is active or if its type no longer exists."""
    job_type = registry.find(job.type)
    if job_type is None or job.finished_at is None:
        return None
    return job.finished_at + timedelta(days=job_type.retention_days)


def audit_entries(job: Job) -> list[AuditEntry]:
    """The last 20 entries of the audit trail about the job, newest first."""
    return list(AuditEntry.objects.about(Job, job.pk).with_present_names()[:20])


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _choice_labels(value: Any, field: Field | None) -> Any:
    """`value` as the labels of its choices; not those of a table, which may have a million rows."""
    if not isinstance(field, ChoiceField) or isinstance(field, ModelChoiceField):
        return value
    choices: Any = field.choices
    labels = {str(key): label for key, label in choices}
    if isinstance(value, list):
        return [labels.get(str(one), one) for one in value]
    return labels.get(str(value), value)


def _readable(value: Any) -> str:
    if value is None or value == "" or value == []:
        return "–"  # noqa: RUF001 (a dash for display)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_readable(one) for one in value)
    if isinstance(value, str) and (at := _parse_time(value)):
        return times.exact_time(at)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parse_time(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo else None


def _to_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
