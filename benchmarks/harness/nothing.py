"""Our worker with a job type that does nothing: `celery -A benchmarks.harness.nothing worker`.

`python -m benchmarks.harness.nothing N` submits N such jobs.
"""

import sys

from django import forms

from backoffice.celery import app
from jobs import registry

__all__ = ["app"]


class NoParams(forms.Form):
    """No parameters."""


@registry.job_type(slug="nothing", label="Nothing", description="Does nothing.", form=NoParams)
def run(job: object) -> dict[str, int]:
    return {"rows": 5}


def submit(count: int) -> None:
    """Accept and publish `count` jobs, all rows in one statement."""
    # Models cannot be imported before Django is set up, and Celery imports this module first.
    from jobs import lifecycle
    from jobs.engine import broker
    from jobs.models import Job

    rows = [Job(name="x", type="nothing") for _ in range(count)]
    broker.publish(lifecycle.insert(rows, actor="benchmark"))


if __name__ == "__main__":
    import django

    django.setup()
    if count := int(sys.argv[1]):
        submit(count)
