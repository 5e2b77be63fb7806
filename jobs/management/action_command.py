"""The base class of the commands that apply an action to jobs."""

from argparse import ArgumentParser
from typing import Any, ClassVar
from uuid import UUID

from django.core.management import CommandError

from jobs.errors import Refused
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.models import Job
from jobs.services import Acted, Action


class ActionCommand(JobsCommand):
    """Applies `action` to each job and prints a line for it; fails if any job was refused."""

    action: ClassVar[Action]

    @property
    def help(self) -> str:  # type: ignore[override]
        return self.action.summary

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", type=UUID, metavar="ID", help="the id of a job")
        if self.action.note:
            parser.add_argument(f"--{self.action.note}", dest="note", default="")

    def handle(self, *args: Any, ids: list[UUID], note: str = "", **options: Any) -> None:
        refused = []
        for job_id in ids:
            try:
                acted = self.action.run(command_caller(), job_id, note, None)
            except Job.DoesNotExist:
                refused.append(f"{job_id}: There is no such job.")
            except Refused as error:
                refused.append(f"{job_id}: {error}")
            else:
                self.stdout.write(f"{job_id} {self._outcome(job_id, acted)}")
        if refused:
            raise CommandError("\n".join(refused))

    def _outcome(self, job_id: UUID, acted: Acted) -> str:
        job, done = acted.job, self.action.done
        if job is None:
            return done
        if job.id != job_id:
            return f"{done} as {job.id}"
        if self.action.asks_to_stop:
            return job.status if job.is_settled else f"{job.status}, asked to stop"
        return f"{job.status}, {done}"
