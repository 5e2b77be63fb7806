"""Steps of the tests of bulk cancel: make jobs, select them, confirm, run the bulk job."""

import csv
import html
import re
from io import StringIO

from django.core.files.storage import storages

from jobs import lifecycle
from jobs.engine.worker.execution import execute
from jobs.models import Job
from tests.support.factories import make_jobs

LIST = "/admin/jobs/job/"


def waiting(count, **fields):
    """Make `count` waiting jobs."""
    return make_jobs(count, **fields)


def form_of(question):
    """The entries of the form on the confirmation page."""
    panel = question.content.decode().split('class="panel narrow"')[1]
    sent = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', panel):
        sent.setdefault(name, []).append(html.unescape(value))
    return sent


def ask(client, *ticked, query=""):
    """The form of the confirmation page for the ticked jobs, or for all that match."""
    sent = {
        "action": "cancel",
        "_selected_action": [str(job.pk) for job in ticked or Job.objects.all()[:1]],
    }
    sent["select_across"] = int(not ticked)
    return form_of(client.post(f"{LIST}{query}", sent))


def cancel_all(client, query="", **more):
    return client.post(f"{LIST}{query}", ask(client, query=query) | more, follow=True)


def statuses(jobs):
    return sorted(
        Job.objects.filter(pk__in=[job.pk for job in jobs]).values_list("status", flat=True)
    )


def csv_of(job):
    with storages["jobs"].open(job.files.get().stored_name) as content:
        return list(csv.DictReader(StringIO(content.read().decode("utf-8-sig"))))


def run(job):
    """Run a bulk job as a worker does."""
    lifecycle.claim(job.pk, types=[job.type], worker="w", pid=1)
    return execute(Job.objects.get(pk=job.pk))
