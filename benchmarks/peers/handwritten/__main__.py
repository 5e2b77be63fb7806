"""`python -m benchmarks.peers.handwritten N`.

Makes the tables and N jobs, and prints an API token.
"""

import sys

import django
from django.core.management import call_command

django.setup()
call_command("migrate", run_syncdb=True, verbosity=0)

from django.contrib.auth.models import User  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from benchmarks.peers.handwritten.models import Work  # noqa: E402
from benchmarks.peers.handwritten.tasks import run  # noqa: E402

for work in Work.objects.bulk_create(Work(name="x") for _ in range(int(sys.argv[1]))):
    run.delay(work.id)
user, _ = User.objects.get_or_create(username="integrator")
print(Token.objects.get_or_create(user=user)[0].key)
