"""`python -m benchmarks.peers.django_tasks_db N`.

Makes the tables and N jobs; or runs a command.
"""

import sys

import django
from django.core.management import call_command, execute_from_command_line

if not sys.argv[1].isdigit():
    sys.exit(execute_from_command_line(sys.argv))

django.setup()
call_command("migrate", verbosity=0)

from benchmarks.peers.django_tasks_db.tasks import nothing  # noqa: E402

for _ in range(int(sys.argv[1])):
    nothing.enqueue()
