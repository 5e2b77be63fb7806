"""manage.py limit_jobs: sets how many jobs of a type run at a time, or lists the limits."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from jobs import services
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.management.holding import limit_lines
from jobs.models import SiteLimit


class Command(JobsCommand):
    help = "Set how many jobs of a type run at a time; without a type, list the limits."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("type", nargs="?", help="the slug of a job type")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--at-most", type=int, help="so many at a time")
        what.add_argument("--no-limit", action="store_true", help="lift the limit of the code")
        what.add_argument("--remove", action="store_true", help="let that of the code apply again")
        parser.add_argument("--by", default="", help="a parameter: so many for each of its values")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, type: str | None, by: str, reason: str, **options: Any) -> None:
        at_most, remove = options["at_most"], options["remove"]
        if type is None:
            for line in limit_lines():
                self.stdout.write(line)
            return
        if remove:
            try:
                services.remove_site_limit(command_caller(), type)
            except SiteLimit.DoesNotExist:
                raise CommandError(f"The site has no limit for {type}.") from None
        elif at_most is None and not options["no_limit"]:
            raise CommandError("Give --at-most N, --no-limit or --remove.")
        else:
            services.set_site_limit(command_caller(), type, at_most, by=by, reason=reason)
        for line in limit_lines():
            if line.startswith(f"{type} "):
                self.stdout.write(line)
