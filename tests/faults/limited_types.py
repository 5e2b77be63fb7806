"""Handlers of which only some run at a time."""

from django import forms

from jobs.registry import job_type
from tests.faults.effects import note, work
from tests.faults.types import Seconds


@job_type(
    slug="three",
    label="Three",
    description="At most three at a time.",
    form=Seconds,
    max_running=3,
    cancel_grace=1,
)
def three(job, seconds):
    note(job)
    work(job, seconds)


class Order(forms.Form):
    """Whose it is, and how long to take."""

    customer = forms.CharField()
    seconds = forms.FloatField(initial=0)


@job_type(
    slug="each_one",
    label="Each one",
    description="At most one at a time for each customer.",
    form=Order,
    max_running=1,
    max_running_by="customer",
    max_attempts=2,
)
def each_one(job, customer, seconds):
    note(job)
    work(job, seconds)
