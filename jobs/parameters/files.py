"""File fields: params hold the id of an upload, the form and the handler get its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from jobs.errors import ParamError
from jobs.parameters.forms import make_form
from jobs.parameters.from_json import to_form
from jobs.parameters.json_types import fits
from jobs.parameters.to_json import normal, widget_json
from jobs.registry import JobType
from jobs.uploads import FileRules, FindUpload, UploadFile, UploadId

NO_SUCH_UPLOAD = "There is no such upload, or it has expired. Send the file again."


@normal.register
def _(field: forms.FileField, value: Any) -> Any:
    if value is None or value == "":
        return None
    return UploadId(value.lower()) if fits(field, value) else value


@widget_json.register
def _(field: forms.FileField, value: Any) -> Any:
    return str(value.id) if isinstance(value, UploadFile) else str(value)


def file_fields(job_type: JobType) -> list[str]:
    """Return the names of the file fields of a type's form."""
    fields = make_form(job_type).fields
    return [name for name, field in fields.items() if isinstance(field, forms.FileField)]


@dataclass(frozen=True)
class FormFiles:
    """The files of one form: `find` returns the upload of an id."""

    job_type: JobType
    find: FindUpload

    def form_value(self, field: forms.Field, value: Any) -> Any:
        """Return a stored value as the form reads it; None for an upload that is not found."""
        if isinstance(field, forms.FileField):
            return self.find(value) if value else None
        return to_form(field, value)

    def lost(self, values: Mapping[str, Any]) -> list[ParamError]:
        """Return an error of each file among the values whose content is gone."""
        return [
            ParamError(name, NO_SUCH_UPLOAD, "unknown_upload")
            for name, value in values.items()
            if isinstance(value, UploadFile) and value.is_lost()
        ]

    def errors(
        self,
        fields: Mapping[str, forms.Field],
        stored: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> list[ParamError]:
        """Return the errors of uploads that were not found, or that the type does not take.

        `values` are those that the form has validated. A validator may have read a file: each
        begins again.
        """
        errors = []
        for name, value in values.items():
            if isinstance(value, UploadFile):
                value.rewind()
                if fault := file_fault(self.job_type, value.name, value.content_type, value.size):
                    errors.append(ParamError(name, fault, "file_refused"))
            elif value is None and stored[name] and isinstance(fields[name], forms.FileField):
                errors.append(ParamError(name, NO_SUCH_UPLOAD, "unknown_upload"))
        return errors


def file_fault(job_type: JobType, name: str | None, content_type: str, size: int) -> str:
    """Return why the job type does not take such a file; "" if it does."""
    rules, name = FileRules(job_type.upload_limit or size, job_type.upload_kinds), name or ""
    return rules.size_fault(name, size) or rules.kind_fault(name, content_type)
