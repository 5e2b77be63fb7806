"""manage.py run_job_type: runs a handler in the foreground, for the developer of a job type."""

import json
import traceback
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError
from django.core.management.base import OutputWrapper

from jobs import registry
from jobs.errors import Refused
from jobs.handler.recording import RecordingContext, run_recorded, unsaved_job
from jobs.management.command import JobsCommand
from jobs.management.params import add_param_arguments, read_params
from jobs.models import accounts_named
from jobs.uploads import LocalFiles


class Command(JobsCommand):
    help = (
        "Run a job type here, without a worker and without storing a job. Progress and log go to"
        " the standard error, the result to the standard output, files to a directory."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("type", help="the slug of the job type, such as report")
        add_param_arguments(parser)
        parser.add_argument("--output", default=".", help="the directory for its files; here")
        parser.add_argument("--user", help="run with the rights of this user; with all rights")

    def handle(self, *args: Any, type: str, output: str, user: str | None, **options: Any) -> None:
        job_type = registry.get(type)
        account = _account(user) if user else None
        params = read_params(job_type, options["param"], options["params"], account)
        uploads = LocalFiles()
        job = unsaved_job(job_type, params, account, uploads=uploads)
        context = TerminalContext(
            job, directory=_directory(output), uploads=uploads, terminal=self.stderr
        )
        try:
            run_recorded(context)
        except Refused:
            raise
        except Exception as error:  # a handler may raise anything
            self.stderr.write(traceback.format_exc())
            raise CommandError(f"The handler raised {error.__class__.__name__}.") from error
        for path in context.files.values():
            self.stderr.write(f"Saved {path}")
        for child in context.children:
            given = json.dumps(child.params)
            self.stderr.write(f"Would launch {child.name} ({child.type}): {given}")
        self.stdout.write(json.dumps(context.result, indent=2, ensure_ascii=False))


class TerminalContext(RecordingContext):
    """A RecordingContext that also writes progress and log to a terminal."""

    def __init__(self, *args: Any, terminal: OutputWrapper, **options: Any) -> None:
        super().__init__(*args, **options)
        self._terminal = terminal

    def progress(
        self, done: float, total: float = 100, message: str = "", *, unit: str = ""
    ) -> None:
        super().progress(done, total, message, unit=unit)
        # One line for each whole percent or message, not one for each row.
        if self.reported[-2:-1] != self.reported[-1:]:
            percent, text = self.reported[-1]
            shown = "     " if percent is None else f"{percent:3} %"
            self._terminal.write(f"{shown}  {text}".rstrip(), lambda text: text)

    def log(self, message: str, level: str = "INFO") -> None:
        super().log(message, level)
        self._terminal.write(f"{level}  {message}", lambda text: text)


def _account(username: str) -> Any:
    account = accounts_named(username).first()
    if account is None:
        raise CommandError(f"No user is called {username}.")
    return account


def _directory(name: str) -> Path:
    path = Path(name)
    if not path.is_dir():
        raise CommandError(f"--output {name} is not a directory.")
    return path
