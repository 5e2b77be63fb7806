"""manage.py upkeep: the process that rescues, republishes and prunes. Safe to start twice."""

import signal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError

from jobs.database import WORKER_DB, name_process
from jobs.engine.upkeep import Upkeep
from jobs.engine.wrong_servers import refuse_wrong_servers
from jobs.management.command import JobsCommand


class Command(JobsCommand):
    help = "Rescue lost attempts, publish lost messages again, prune old jobs; run until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        name_process("upkeep")
        try:
            refuse_wrong_servers(WORKER_DB)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        upkeep = Upkeep()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: upkeep.stopped.set())
        upkeep.run()
