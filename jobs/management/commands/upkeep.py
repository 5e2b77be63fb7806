"""manage.py upkeep: the process that rescues, republishes and prunes. Safe to start twice."""

import signal
from typing import Any

from jobs.engine.upkeep import Upkeep
from jobs.management.command import JobsCommand


class Command(JobsCommand):
    help = "Rescue lost attempts, publish lost messages again, prune old jobs; run until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        upkeep = Upkeep()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: upkeep.stopped.set())
        upkeep.run()
