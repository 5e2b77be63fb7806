"""Parameters and result of a job as rows of a page: in the form's order, with its labels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import Field

from jobs import parameters, registry
from jobs.admin.display.values import EMPTY_VALUES, entered_value, is_amount, result_value
from jobs.admin_site import admin_url
from jobs.models import Job, Upload
from jobs.uploads import format_size

FIGURES_LIMIT = 4


@dataclass(frozen=True)
class DataRow:
    """A name and a value; `was` is the value of the job that was launched again, if it differs."""

    name: str
    value: str
    was: str = ""
    url: str = ""  # of a file
    sha256: str = ""  # of its content


@dataclass(frozen=True)
class Data:
    """Parameters or a result: rows with a value, rows without one, and all of it as JSON."""

    rows: list[DataRow]
    empty: list[DataRow]
    json: str


def parameters_of(
    job: Job,
    parent: Job | None = None,
    user: Any = None,
    uploads: Mapping[str, Upload] | None = None,
) -> Data:
    """The parameters with the labels of their form and of the choices of `user`; secrets masked.

    Beside those that differ from `parent`, the job that was launched again, its value. `uploads`
    are files of both by their id, which are shown by name.
    """
    job_type = registry.find(job.type)
    params = parameters.mask(job_type, job.params)
    old = parameters.mask(job_type, parent.params) if parent and parent.type == job.type else params
    fields = parameters.make_form(job_type, user).fields if job_type else {}
    rows, empty = [], []
    for name in _in_order(params | old, fields):
        field = fields.get(name)
        label = str((field and field.label) or (_label(name) if field else name))
        value, before = params.get(name), old.get(name)
        was = _shown(before, field, uploads or {}) if before != value else ""
        row = _row_of(job, label, value, was, field, uploads or {})
        (empty if value in EMPTY_VALUES and not was else rows).append(row)
    return Data(rows, empty, _to_json(params))


def _row_of(
    job: Job,
    label: str,
    value: Any,
    was: str,
    field: Field | None,
    uploads: Mapping[str, Upload],
) -> DataRow:
    shown, upload = _shown(value, field, uploads), _upload(value, uploads)
    if upload is None:
        return DataRow(label, shown, was)
    return DataRow(label, shown, was, admin_url("jobs_job_upload", job.pk, value), upload.sha256)


def _shown(value: Any, field: Field | None, uploads: Mapping[str, Upload]) -> str:
    upload = _upload(value, uploads)
    return f"{upload} ({format_size(upload.size)})" if upload else entered_value(value, field)


def _upload(value: Any, uploads: Mapping[str, Upload]) -> Upload | None:
    return uploads.get(value) if isinstance(value, str) else None


def result_of(job: Job) -> Data | None:
    """The result; its rows are the values that are not nested."""
    if job.result is None:
        return None
    if not isinstance(job.result, dict):
        return Data([], [], _to_json(job.result))
    rows, empty = [], []
    for name in _in_order(job.result, _fields_of(job)):
        value = job.result[name]
        if value in EMPTY_VALUES:
            empty.append(DataRow(_label(name), result_value(name, value)))
        elif not isinstance(value, dict | list):
            rows.append(DataRow(_label(name), result_value(name, value)))
    return Data(rows, empty, _to_json(job.result))


def figures_of(job: Job) -> list[DataRow]:
    """The first amounts of the result, for the head of the page; those that are 0 come last."""
    if not isinstance(job.result, dict):
        return []
    amounts = [
        (name, job.result[name])
        for name in _in_order(job.result, _fields_of(job))
        if is_amount(name, job.result[name])
    ]
    amounts.sort(key=lambda one: one[1] == 0)
    return [
        DataRow(_label(name), result_value(name, value)) for name, value in amounts[:FIGURES_LIMIT]
    ]


def _fields_of(job: Job) -> Mapping[str, Field]:
    job_type = registry.find(job.type)
    fields: Mapping[str, Field] = parameters.make_form(job_type).fields if job_type else {}
    return fields


def _in_order(data: Mapping[str, Any], fields: Mapping[str, Field]) -> list[str]:
    """The names in the form's order, then the others: PostgreSQL keeps no order of names."""
    return [name for name in fields if name in data] + [name for name in data if name not in fields]


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _to_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
