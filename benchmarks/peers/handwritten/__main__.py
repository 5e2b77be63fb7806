"""`python -m benchmarks.peers.handwritten N`: makes the tables, and N jobs."""

import sys

import django
from django.core.management import call_command

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from benchmarks.peers.handwritten.models import Work  # noqa: E402
from benchmarks.peers.handwritten.tasks import run  # noqa: E402

for work in Work.objects.bulk_create(Work(name="x") for _ in range(int(sys.argv[1]))):
    run.delay(work.id)
