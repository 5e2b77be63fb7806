"""File inputs of the launch page. A chosen file is kept at once, so that a refused form keeps it.

The form that is shown again has the upload's id in a hidden input of the same name. Until a job is
launched with it, the upload is one that no job has.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from jobs import access, parameters, services
from jobs.admin.audit import admin_caller
from jobs.errors import Unavailable, UploadRefused
from jobs.models import Job
from jobs.registry import JobType
from jobs.uploads import FileRules, UploadFile, any_upload, format_size, parse_id, stored_file

CLEAR = "-clear"
FILE_NAME = "-name"  # launch.js sends it in place of the file to the preview of the API call


class UploadInput(forms.FileInput):
    """A file input with the file that it has already: `file`, and whether it is new in the form."""

    def __init__(
        self, file: UploadFile | None, rules: FileRules, *, was: UploadFile | None
    ) -> None:
        super().__init__({"accept": ",".join(rules.accepted), "data-limit": rules.limit})
        self.file, self.was, self.limit = file, was, rules.limit
        self.is_changed = (file and file.id) != (was and was.id)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> UploadFile | None:
        return self.file

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        context = {
            "input": super().render(name, None, attrs, renderer),
            "name": name,
            "id": (attrs or {}).get("id", name),
            "file": self.file,
            "size": format_size(self.file.size) if self.file else "",
            "is_changed": self.is_changed,
            "limit": format_size(self.limit),
            "clear": "" if self.is_required else f"{name}{CLEAR}",
        }
        return SafeString(render_to_string("admin/jobs/launch/file_input.html", context))


class LaunchFiles:
    """The files of one launch form, and why a file that was chosen is not kept, by field."""

    def __init__(
        self, request: HttpRequest, job_type: JobType, model: Job | None, data: Any, files: Any
    ) -> None:
        self._request, self._job_type, self._model = request, job_type, model
        self._data, self._sent = data, files or {}
        self._found: dict[str, UploadFile | None] = {}
        self.faults: dict[str, str] = {}
        self.status = 200  # of the page: that of a server that is away or full
        self._rules = services.rules_for(job_type)

    def attach(self, form: forms.Form) -> None:
        """Give the file fields of the form their inputs."""
        for name, field in form.fields.items():
            if isinstance(field, forms.FileField):
                if name not in self._found:
                    self._found[name] = self._file(name, form.add_prefix(name))
                was = self._files_of_model.get(name)
                required = field.required
                field.widget = UploadInput(self._found[name], self._rules, was=was)
                field.widget.is_required = required
                field.help_text = f"{field.help_text} {self._limits}".strip()

    def add_errors(self, form: forms.Form) -> None:
        """Put the faults beside their fields, in place of "This field is required."."""
        for name, fault in self.faults.items():
            form.errors.pop(name, None)
            form.add_error(name, fault)

    def names_and_hashes(self, form: forms.Form) -> tuple[list[str], list[str]]:
        """The names of the file inputs, and what identifies their files, for the once-only key."""
        names = [form.add_prefix(name) for name in self._found]
        files = [f"{name} {one.sha256} {one.name}" for name, one in self._found.items() if one]
        return names, sorted(files)

    @property
    def _limits(self) -> str:
        kinds = f" Kinds: {', '.join(self._rules.accepted)}." if self._rules.accepted else ""
        return f"At most {format_size(self._rules.limit)}.{kinds}"

    @cached_property
    def _files_of_model(self) -> Mapping[str, UploadFile]:
        if self._model is None:
            return {}
        readable = {one.id for one in access.job_uploads(self._request.user, self._model)}
        params = self._model.params
        files = parameters.file_fields(self._job_type)
        ids = {name: parse_id(params.get(name)) for name in files}
        found = {name: any_upload(str(one)) for name, one in ids.items() if one in readable}
        return {name: file for name, file in found.items() if file}

    def _file(self, name: str, input_name: str) -> UploadFile | None:
        """The file that the field has: chosen now or before, or that of the job launched again."""
        if self._data is None:
            return self._files_of_model.get(name)
        if sent := self._sent.get(input_name):
            return self._kept(name, sent)
        if self._data.get(f"{input_name}{CLEAR}"):
            return None
        # After the hidden input a browser sends the file input as well, as an empty entry.
        if given := next(filter(None, self._data.getlist(input_name)), ""):
            upload_id = parse_id(given)
            own = access.own_uploads(self._request.user).filter(id=upload_id).first()
            if upload_id is None or own is None:
                self.faults[name] = "The file is no longer kept. Choose it again."
                return None
            return stored_file(own)
        return self._files_of_model.get(name)

    def _kept(self, name: str, sent: UploadedFile) -> UploadFile | None:
        incoming = services.incoming_file(sent, sent.name or "", sent.content_type or "")
        try:
            kept = services.keep_upload(admin_caller(self._request), incoming, rules=self._rules)
        except UploadRefused as error:
            self.faults[name] = str(error)
        except Unavailable as error:
            self.status, self.faults[name] = error.status, str(error)
        else:
            return stored_file(kept.upload)
        return None
