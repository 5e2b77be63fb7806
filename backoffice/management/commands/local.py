"""`manage.py local COMMAND`: runs another command with the settings and servers of this machine."""

import argparse
import os
import subprocess
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from backoffice.local import programs
from backoffice.local.home import DEFAULT
from backoffice.local.processes import CannotRun
from backoffice.local.servers import SERVER_URLS, running_servers


class Command(BaseCommand):
    help = (
        "Run a command of manage.py as `manage.py up` runs its processes: with the same settings, "
        "on its servers, which are started for the command unless they run."
    )
    requires_system_checks = ()  # the command itself runs them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--directory", type=Path, default=DEFAULT, help="as for `up`")
        parser.add_argument("command", help="such as submit_job")
        parser.add_argument("arguments", nargs=argparse.REMAINDER)

    def handle(self, *args: Any, directory: Path, command: str, **options: Any) -> None:
        given = {name: value for name in SERVER_URLS if (value := os.environ.get(name))}
        line = [*programs.MANAGE, command, *options["arguments"]]
        try:
            with running_servers(directory.resolve(), given) as found:
                status = subprocess.call(line, env=programs.environment(directory, found))
        except CannotRun as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            status = 130
        if status:
            raise SystemExit(status)
