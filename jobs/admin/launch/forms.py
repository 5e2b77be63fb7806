"""The two forms of the launch page, the job's name and the type's params, and the launch itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from jobs import about, services
from jobs.admin.audit import admin_caller, log_action
from jobs.admin.launch.address import NOTHING, AddressParams, read_address
from jobs.admin.launch.changes import mark_changes
from jobs.admin.launch.file_inputs import LaunchFiles
from jobs.admin.launch.params_form import make_params_form, params_of, sent_fields
from jobs.admin.messages import refusal, sent_twice
from jobs.admin.once import form_idempotency_key
from jobs.errors import (
    AlreadyActive,
    InvalidParams,
    NotPermitted,
    OutcomeUnknown,
    Refused,
    Unavailable,
)
from jobs.models import Job
from jobs.registry import JobType
from jobs.safe_text import NAME_LIMIT, name_error
from jobs.signals import send_refusal


class JobNameForm(forms.Form):
    """The job's name."""

    name = forms.CharField(max_length=NAME_LIMIT, help_text="The name of the job in the list.")

    def __init__(self, data: Mapping[str, Any] | None, name: str, *, required: bool) -> None:
        super().__init__(data, initial={"name": name})
        self.fields["name"].required = required

    def clean_name(self) -> str:
        """Refuse the names that the API refuses."""
        name = str(self.cleaned_data["name"])
        if name and (error := name_error(name)):
            raise forms.ValidationError(error)
        return name


class LaunchForms:
    """The filled launch page. A job that is launched again (`model`) keeps a name left empty."""

    def __init__(
        self,
        request: HttpRequest,
        job_type: JobType,
        model: Job | None,
        data: Mapping[str, Any] | None,
        files: Mapping[str, Any] | None = None,
    ) -> None:
        """Fill in `data`. `files` are those that the browser sent, which are kept at once."""
        self.request, self.job_type, self.model = request, job_type, model
        self.files = LaunchFiles(request, job_type, model, data, files)
        self.params_form = self._make_form(data)
        takes_object = model is None and "about" not in self.params_form.fields
        # The object that the job is about: its reference in the address, and what is shown of it.
        self.about = request.GET.get("about", "") if takes_object else ""
        self.subject = (
            about.named_subject(request.user, self.about, request) if self.about else None
        )
        self.address = NOTHING if data is not None else self._fill_in()
        initial = self.address.name or (model.name if model else job_type.label)
        self.name_form = JobNameForm(data, initial, required=model is None)
        if model:
            is_sent, form = data is not None, self.params_form
            changed = sent_fields(job_type, form, model) if is_sent else self.address.params
            mark_changes(form, job_type, model, changed)

    def _fill_in(self) -> AddressParams:
        """Fill in the params that the address has."""
        found = read_address(
            self.request.user,
            self.job_type,
            self.params_form,
            self.request.GET,
            takes_name=self.model is None,
        )
        if found.params:
            self.params_form = self._make_form(None, found.params)
        if self.about and self.subject is None:
            return replace(found, faults=[f"About: {about.NOT_VIEWABLE}", *found.faults])
        return found

    def _make_form(
        self, data: Mapping[str, Any] | None, filled_in: Mapping[str, Any] | None = None
    ) -> forms.Form:
        request = self.request
        form = make_params_form(
            request.user, self.job_type, data, self.model, filled_in, request=request
        )
        self.files.attach(form)
        return form

    @property
    def typed_name(self) -> str:
        """The name as it was typed or as the address has it; "" in a new form."""
        form = self.name_form
        return str(form["name"].value() or "") if form.is_bound else self.address.name

    def are_valid(self) -> bool:
        """Whether both forms are valid. Both are validated, so that both show their errors."""
        name_is_valid = self.name_form.is_valid()
        params_are_valid = self.params_form.is_valid()
        self.files.add_errors(self.params_form)
        return params_are_valid and name_is_valid and not self.files.faults

    def launch(self) -> Job | None:
        """Launch the job; None if refused, with the reason in the form or in a message.

        Raises: OutcomeUnknown.
        """
        try:
            job, replayed = self._submit()
        except InvalidParams as error:
            send_refusal("admin", error.code)
            for one in error.errors:
                field = one.name if one.name in self.params_form.fields else None
                self.params_form.add_error(field, one.message)
            return None
        except (NotPermitted, AlreadyActive) as error:
            send_refusal("admin", error.code)
            self.params_form.add_error(None, str(error))
            return None
        except OutcomeUnknown:
            raise
        except (Refused, Unavailable) as error:
            send_refusal("admin", error.code)
            messages.error(self.request, refusal(error))
            return None
        self._report(job, replayed)
        return job

    def _submit(self) -> services.Submitted:
        inputs, hashes = self.files.names_and_hashes(self.params_form)
        key = form_idempotency_key(self.request, *hashes, without=inputs)
        caller = admin_caller(self.request)
        params = params_of(self.job_type, self.params_form, self.model)
        name = self.name_form.cleaned_data["name"]
        if self.model:
            return services.rerun(caller, self.model.pk, params, name=name, idempotency_key=key)
        return services.submit(
            caller,
            name=name,
            type=self.job_type.slug,
            params=params,
            about=self.about or None,
            idempotency_key=key,
        )

    def _report(self, job: Job, replayed: bool) -> None:
        if replayed:
            messages.info(self.request, sent_twice(job))
            return
        origin = f" again, from {self.model.pk}" if self.model else ""
        with services.once_accepted(job):
            log_action(self.request, [job], f"Launched{origin}.")
        messages.success(self.request, f"“{job}” is launched.")
