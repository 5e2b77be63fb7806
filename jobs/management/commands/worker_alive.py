"""manage.py worker_alive: the healthcheck of a worker's container."""

import socket
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from jobs.management.command import JobsCommand
from jobs.models import Worker


class Command(JobsCommand):
    help = "Exit with 0 if a worker on this host sent a heartbeat within a lease, else with 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=socket.gethostname())

    def handle(self, *args: Any, host: str, **options: Any) -> None:
        if not Worker.objects.live().filter(host=host).exists():
            raise CommandError(f"No worker on {host} sent a heartbeat within a lease.")
        self.stdout.write("alive")
