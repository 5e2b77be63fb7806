"""manage.py hold_jobs: keeps jobs from starting, or lists the holds that do."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from jobs import services
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.management.holding import end_of_hold, hold_line
from jobs.models import Hold, HoldKind


class Command(JobsCommand):
    help = "Keep jobs from starting until a time or until release_hold; without a target, list."

    def add_arguments(self, parser: ArgumentParser) -> None:
        target = parser.add_mutually_exclusive_group()
        for kind in HoldKind:
            target.add_argument(f"--{kind.value}", metavar="NAME", help=f"a {kind.label.lower()}")
        parser.add_argument("--until", default="", help="such as 2026-11-30T14:00:00Z")
        parser.add_argument("--for", dest="span", default="", help="such as 30m, 2h or 1d")
        parser.add_argument("--reason", default="", help="shown to everyone whose jobs wait")

    def handle(self, *args: Any, until: str, span: str, reason: str, **options: Any) -> None:
        given = [(kind, options[kind.value]) for kind in HoldKind if options[kind.value]]
        end = end_of_hold(until, span)
        if not given:
            if end or reason:
                raise CommandError("Say what to hold: --type, --queue, --requester or --token.")
            for held in Hold.objects.active():
                self.stdout.write(hold_line(held))
            return
        [(kind, name)] = given
        placed = services.hold(command_caller(), kind, name, reason=reason, until=end)
        self.stdout.write(hold_line(placed))
