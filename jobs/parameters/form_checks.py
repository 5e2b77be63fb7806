"""Checks that the form of a job type can be made: without a user, and with one if it takes one."""

from typing import Any

from django.core.checks import CheckMessage, Error

from jobs.parameters.forms import make_form, takes_user
from jobs.registry import JobType

INIT_WITH_USER = "def __init__(self, *args, user=None, **kwargs)"


def form_fault(job_type: JobType) -> CheckMessage | None:
    """Return why the type's form cannot be made, or would never get its user; None if it is right.

    A form that takes `user` out of `**kwargs` would be made without one, and offer everything.
    """
    about = f"Job type {job_type.slug}: its form"
    try:
        make_form(job_type)
        make_form(job_type, None, None, initial={}, prefix="params")
    except Exception as error:  # an author's form may raise anything
        return _unmade(job_type, f"{about} cannot be made", error)
    if not takes_user(job_type.form) and _takes_user_unnamed(job_type):
        fault = f"{about} takes `user` out of **kwargs, so it gets none."
        return Error(fault, hint=f"Name the parameter: {INIT_WITH_USER}.", id="jobs.E008")
    return None


def _unmade(job_type: JobType, fault: str, error: Exception) -> CheckMessage:
    if takes_user(job_type.form):
        fault = f"{fault} for user=None, which commands and code without an account have"
        hint = f"Let None choose everything, and pass on the other arguments: {INIT_WITH_USER}."
    else:
        fault = f"{fault} without arguments"
        hint = "Let __init__ take and pass on what forms.Form takes: (self, *args, **kwargs)."
    return Error(f"{fault}: {error!r}.", hint=hint, id="jobs.E005")


def _takes_user_unnamed(job_type: JobType) -> bool:
    make: Any = job_type.form
    try:
        make(user=None)
    except TypeError:
        return False
    return True
