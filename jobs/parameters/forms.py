"""Makes the form of a job type for a user: its choices and rows may depend on who launches.

Every form of a type is made here, so that admin, API, commands and workers offer and accept the
same.
"""

import inspect
from functools import cache
from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from jobs import about
from jobs.errors import InvalidParams, ParamError
from jobs.models import Job, Source
from jobs.parameters.field_copies import CopiedFields
from jobs.registry import JobType

# Jobs of these may have no account, and then every choice.
WITHOUT_ACCOUNT = (Source.COMMAND, Source.CODE)
REQUESTER_GONE = "The account that launched the job is gone, so its choices are not known."


def make_form(job_type: JobType, user: Any = None, data: Any = None, **options: Any) -> forms.Form:
    """Return the type's form with the choices and rows of `user`; None may choose everything.

    A form whose `__init__` has a parameter `user` gets it. Fields of rows take those that the
    admin lists for the user.
    """
    if takes_user(job_type.form):
        options["user"] = user
    form = job_type.form.__new__(job_type.form)
    vars(form)["base_fields"] = CopiedFields(job_type.form.base_fields)  # what __init__ copies
    form.__init__(data=data, **options)  # type: ignore[misc]
    if user is not None:
        for field in form.fields.values():
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                field.queryset = about.viewable_rows(user, field.queryset)
    return form


@cache
def takes_user(form: type[forms.BaseForm]) -> bool:
    """Return whether the form's `__init__`, or one to which it passes `**kwargs`, has `user`."""
    for kind in form.__mro__:
        if "__init__" not in vars(kind):
            continue
        named = inspect.signature(vars(kind)["__init__"]).parameters
        if "user" in named:
            return True
        if all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in named.values()):
            return False
    return False


@cache
def depends_on_user(form: type[forms.Form]) -> bool:
    """Return whether choices may depend on the user: by rows, or by an `__init__` of its own."""
    fields = form.base_fields.values()
    has_rows = any(isinstance(field, forms.ModelChoiceField) for field in fields)
    return has_rows or form.__init__ is not forms.Form.__init__


def requester(job_type: JobType, job: Job) -> Any:
    """Return the account for whom the job's form is made; None for a command and for code.

    Source: one query, and none if the form does not depend on the user.

    Raises: InvalidParams if the account was deleted.
    """
    if not depends_on_user(job_type.form):
        return None
    key = job.created_by_id
    if key is None and job.source in WITHOUT_ACCOUNT:
        return None
    # Not by `job.created_by`: a form may relate the account to rows of the handler's database.
    accounts = get_user_model()._default_manager
    found = None if key is None else accounts.filter(pk=key).first()
    if found is None:
        raise InvalidParams([ParamError("", REQUESTER_GONE, "gone")])
    return found
