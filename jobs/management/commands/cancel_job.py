"""manage.py cancel_job: cancel jobs from a shell."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management import CommandError

from jobs import services
from jobs.errors import Refused
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.models import Job


class Command(JobsCommand):
    help = "Cancel waiting jobs, ask running ones to stop."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", type=UUID, metavar="ID")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, ids: list[UUID], reason: str, **options: Any) -> None:
        refused = []
        for job_id in ids:
            try:
                job = services.cancel(command_caller(), job_id, reason)
            except (Job.DoesNotExist, Refused) as error:
                refused.append(f"{job_id}: {error}")
            else:
                self.stdout.write(
                    f"{job_id} {job.status}{'' if job.is_settled else ', asked to stop'}"
                )
        if refused:
            raise CommandError("\n".join(refused))
