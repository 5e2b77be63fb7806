"""manage.py submit_job: launches a job from a shell or a crontab."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import CommandError

from jobs import services
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand


class Command(JobsCommand):
    help = "Launch a job and print its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help='such as "Generate report"')
        parser.add_argument("--type", help="the slug of a job type; by default the name chooses it")
        parser.add_argument("--params", default="{}", help="a JSON object")

    def handle(self, *args: Any, name: str, type: str | None, params: str, **options: Any) -> None:
        job, _ = services.submit(command_caller(), name=name, type=type, params=_object(params))
        self.stdout.write(str(job.id))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise CommandError(f"--params is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CommandError("--params must be a JSON object.")
    return value
