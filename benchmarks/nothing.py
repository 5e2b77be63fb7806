"""Our worker with a job type that does nothing: `celery -A benchmarks.nothing worker`."""

from django import forms

from backoffice.celery import app
from jobs import registry

__all__ = ["app"]


class NoParams(forms.Form):
    """None."""


@registry.job_type(slug="nothing", label="Nothing", description="Does nothing.", form=NoParams)
def run(job: object) -> dict[str, int]:
    return {"rows": 5}
