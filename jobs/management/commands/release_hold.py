"""manage.py release_hold: ends holds now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from jobs import services
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.models import Hold


class Command(JobsCommand):
    help = "End holds now: their jobs start within seconds. hold_jobs lists the ids."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", type=int, metavar="ID")

    def handle(self, *args: Any, ids: list[int], **options: Any) -> None:
        for hold_id in ids:
            try:
                services.release_hold(command_caller(), hold_id)
            except Hold.DoesNotExist:
                raise CommandError(f"There is no hold {hold_id}.") from None
            self.stdout.write(f"{hold_id} released")
