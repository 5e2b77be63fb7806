"""`manage.py up`: everything on this machine, until Ctrl-C; with --once, one report and then the end."""

import os
import signal
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from backoffice.local import demo, stack
from backoffice.local.home import DEFAULT
from backoffice.local.processes import Unavailable

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Command(BaseCommand):
    help = "Run Backoffice here: PostgreSQL and Redis unless their URLs are set, web, workers and upkeep."
    requires_system_checks = ()  # it only starts processes, which check for themselves

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="run one report, show it, and stop")
        help = "besides the one for bulk actions; default: 1"
        parser.add_argument("--workers", type=int, default=1, metavar="N", help=help)
        parser.add_argument(
            "--concurrency", type=int, default=2, metavar="N", help="per worker; default: 2"
        )
        parser.add_argument(
            "--port", type=int, help="of the web server; 0: a free one; default: 8000"
        )
        parser.add_argument("--directory", type=Path, default=DEFAULT, help="default: .local")

    def handle(self, *args: Any, once: bool, port: int | None, **options: Any) -> None:
        for how in STOPPING:
            signal.signal(how, interrupt)
        chosen = stack.Options(
            directory=options["directory"].resolve(),
            port=(0 if once else 8000) if port is None else port,
            workers=options["workers"],
            concurrency=options["concurrency"],
        )
        given = {
            name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)
        }
        try:
            with stack.running(chosen, given) as running:
                try:
                    self.use(running, once=once)
                finally:
                    ignore_signals()  # a late Ctrl-C would cut the stop short
        except Unavailable as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            if once:
                raise CommandError("Stopped before the report was done.", returncode=130) from None

    def use(self, running: stack.Stack, *, once: bool) -> None:
        if once:
            demo.run(running)
        else:
            self.stdout.write(welcome(running))
            running.supervise()


def interrupt(*_: object) -> None:
    """Stop in order, and let no second signal disturb it."""
    ignore_signals()
    raise KeyboardInterrupt


def ignore_signals() -> None:
    for how in STOPPING:
        signal.signal(how, signal.SIG_IGN)


def welcome(running: stack.Stack) -> str:
    """What a newcomer needs to know."""
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
