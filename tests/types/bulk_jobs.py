"""Runs bulk jobs for tests, and reads the CSV that they write."""

import csv
from io import StringIO

from django.core.files.storage import storages

from jobs import parameters, registry
from jobs.engine.worker.execution import execute
from jobs.models import Status
from tests.support.factories import make_job


def run_bulk(type, user, of_job=None, **params):
    """Run a bulk job; return its outcome and the rows of its CSV."""
    stored = parameters.validate(registry.get(type), params)
    job = make_job(
        status=Status.PROCESSING,
        type=type,
        params=stored,
        created_by=user,
        created_by_name=user.username,
        source="admin",
        **of_job or {},
    )
    outcome = execute(job)
    files = list(job.files.all())
    if not files:
        return outcome, []
    with storages["jobs"].open(files[0].stored_name) as content:
        return outcome, list(csv.DictReader(StringIO(content.read().decode("utf-8-sig"))))
