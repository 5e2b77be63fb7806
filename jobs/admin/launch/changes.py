"""The values of the job that is launched again, for beside the fields of the form that differ."""

from collections.abc import Collection

from django import forms

from jobs.admin.display.values import entered_value
from jobs.admin.launch.file_inputs import UploadInput
from jobs.models import Job
from jobs.registry import JobType


def mark_changes(form: forms.Form, job_type: JobType, model: Job, changed: Collection[str]) -> None:
    """Give each field `was`, its value in `model` as text, and whether it `is_changed`.

    launch.js compares again while the user types. Secrets have no `was`.
    """
    for name, field in form.fields.items():
        if name in model.params and name not in job_type.secret_fields:
            was, is_changed = entered_value(model.params[name], field), name in changed
            if isinstance(field.widget, UploadInput):
                was = (field.widget.was and field.widget.was.name) or was
            vars(field).update(was=was, is_changed=is_changed)
