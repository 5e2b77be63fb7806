"""`manage.py up`: runs Backoffice on this machine until Ctrl-C, or one report with --once."""

import os
import signal
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from backoffice.local import demo, stack
from backoffice.local.home import DEFAULT
from backoffice.local.processes import CannotRun
from backoffice.local.servers import SERVER_URLS
from backoffice.local.source_files import SourceFiles

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WORKERS = "besides the one for bulk actions; default: 1"


class Command(BaseCommand):
    help = (
        "Run web, workers and upkeep on this machine, "
        "and PostgreSQL and Redis unless DATABASE_URL and REDIS_URL are set."
    )
    requires_system_checks = ()  # the processes that it starts run them

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("--once", action="store_true", help="run one report, print its progress, and stop")
        add("--workers", type=int, default=1, metavar="N", help=WORKERS)
        add("--concurrency", type=int, default=2, metavar="N", help="jobs per worker; default: 2")
        add("--port", type=int, help="port of the web server; 0: any free one; default: 8000")
        add("--reload", action="store_true", help="restart the processes when code changes")
        add("--directory", type=Path, default=DEFAULT, help="for data and logs; default: .local")

    def handle(self, *args: Any, once: bool, port: int | None, **options: Any) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, raise_interrupt)
        chosen = stack.Options(
            directory=options["directory"].resolve(),
            port=(0 if once else 8000) if port is None else port,
            workers=options["workers"],
            concurrency=options["concurrency"],
        )
        given = {name: value for name in SERVER_URLS if (value := os.environ.get(name))}
        # Before the processes load them: what changes later is new to all.
        sources = SourceFiles() if options["reload"] else None
        try:
            with stack.running_stack(chosen, given) as running:
                try:
                    self.use(running, sources, once=once)
                finally:
                    ignore_signals()  # a late Ctrl-C would cut the stop short
        except CannotRun as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            if once:
                raise CommandError("Stopped before the report was done.", returncode=130) from None

    def use(self, running: stack.Stack, sources: SourceFiles | None, *, once: bool) -> None:
        if once:
            demo.run_demo(running)
        else:
            self.stdout.write(welcome(running))
            running.supervise(sources)


def raise_interrupt(*_: object) -> None:
    """Signal handler: begin an orderly stop that further signals do not disturb."""
    ignore_signals()
    raise KeyboardInterrupt


def ignore_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def welcome(running: stack.Stack) -> str:
    """Return the address, the login and a first command, for the terminal."""
    return f"""
Backoffice is up: {running.web_url}/admin/
  Sign in   {stack.STAFF_USER}
  Password  {running.staff_password}
  Token     {running.token}
  Logs      {running.directory / "log"}

Launch a report from another terminal:
  curl -X POST {running.web_url}/api/v1/jobs/ -H 'Authorization: Token {running.token}' \\
    -H 'Content-Type: application/json' -d '{{"name": "Generate report"}}'

Ctrl-C stops everything."""
