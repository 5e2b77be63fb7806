"""Job types that succeed, launch a child, fail, refuse and die."""

import os
import random
import signal

from django import forms

from jobs.errors import NotPermitted
from jobs.handler.context import JobContext
from jobs.registry import job_type


class Entry(forms.Form):
    """A secret and an ordinary parameter."""

    token = forms.CharField(required=False)
    customer = forms.CharField(required=False)


class Broken(Entry):
    """A form with a bug."""

    def clean(self):
        """Fail, with what was entered in the text."""
        raise RuntimeError(f"{self.cleaned_data}")


def _register(slug, run):
    job_type(slug=slug, label=slug, description=slug, form=Entry, secret_fields=("token",))(run)


def succeed(job: JobContext, **params):
    random.seed(1)


def launch(job: JobContext, **params):
    random.seed(1)
    job.submit("succeed")


def fail(job: JobContext, token, customer):
    local = f"{token} {customer}"
    try:
        raise KeyError(local)
    except KeyError as error:
        raise ValueError(f"no entry for {token}\nDETAIL: {customer}") from error


def refuse(job: JobContext, **params):
    raise NotPermitted("This account may not.")


def exit_early(job: JobContext, **params):
    raise SystemExit(3)


def die(job: JobContext, **params):
    os.kill(os.getpid(), signal.SIGKILL)


@job_type(slug="broken", label="broken", description="broken", form=Broken)
def broken(job: JobContext, **params):
    """Do nothing: its form fails."""


for _run in (succeed, launch, fail, refuse, exit_early, die):
    _register(_run.__name__, _run)
