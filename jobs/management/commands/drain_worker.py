"""manage.py drain_worker: lets workers take nothing new, or jobs again, or lists them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from jobs import services
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.management.holding import worker_line
from jobs.models import Worker


class Command(JobsCommand):
    help = "Let live workers end what they run and take nothing new; without an id, list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="*", metavar="ID")
        parser.add_argument("--resume", action="store_true", help="let them take jobs again")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, ids: list[str], resume: bool, reason: str, **options: Any) -> None:
        if not ids:
            for worker in services.running_workers():
                self.stdout.write(worker_line(worker))
        for worker_id in ids:
            try:
                if resume:
                    worker = services.resume_worker(command_caller(), worker_id)
                else:
                    worker = services.drain_worker(command_caller(), worker_id, reason=reason)
            except Worker.DoesNotExist:
                raise CommandError(f"There is no live worker {worker_id}.") from None
            self.stdout.write(worker_line(worker))
