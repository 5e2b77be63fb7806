"""The base class of the commands that apply an action to jobs."""

from argparse import ArgumentParser
from typing import Any, ClassVar
from uuid import UUID

from django.core.management import CommandError

from jobs import database
from jobs.errors import Refused, Unavailable
from jobs.management.caller import command_caller
from jobs.management.command import EX_TEMPFAIL, JobsCommand
from jobs.models import Job
from jobs.services import Acted, Action


class ActionCommand(JobsCommand):
    """Applies `action` to each job by itself, and prints what became of each.

    It fails if any job was not done: with exit code 75 if the same command may be repeated whole.
    """

    action: ClassVar[Action]

    @property
    def help(self) -> str:  # type: ignore[override]  # Django has an attribute
        return self.action.summary

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", type=UUID, metavar="ID", help="the id of a job")
        if self.action.note:
            parser.add_argument(f"--{self.action.note}", dest="note", default="")
        if self.action.on_children:
            parser.add_argument("--children", action="store_true", help="also waiting children")

    def handle(
        self,
        *args: Any,
        ids: list[UUID],
        note: str = "",
        children: bool = False,
        **options: Any,
    ) -> None:
        not_done: list[str] = []
        repeatable: list[UUID] = []
        may_repeat_all = True
        for job_id in ids:
            try:
                with database.raising(database.unavailable):
                    acted = self.action.run(command_caller(), job_id, note, None)
                    if children and self.action.on_children:
                        self.action.on_children(command_caller(), job_id, note)
            except Job.DoesNotExist:
                not_done.append(f"{job_id}: There is no such job.")
            except Refused as error:
                not_done.append(f"{job_id}: {error}")
            except Unavailable as error:
                not_done.append(f"{job_id}: {error.diagnosis}")
                if error.had_no_effect:
                    repeatable.append(job_id)
                else:
                    may_repeat_all = False
            else:
                self.stdout.write(f"{job_id} {self._outcome(job_id, acted)}")
                may_repeat_all = False
        if not_done:
            raise _failure(not_done, repeatable, may_repeat_all)

    def _outcome(self, job_id: UUID, acted: Acted) -> str:
        job, done = acted.job, self.action.done
        if job is None:
            return done
        if job.id != job_id:
            return f"{done} as {job.id}"
        if self.action.asks_to_stop:
            return job.status if job.is_settled else f"{job.status}, asked to stop"
        return f"{job.status}, {done}"


def _failure(not_done: list[str], repeatable: list[UUID], may_repeat_all: bool) -> CommandError:
    """The error that says why jobs were not done, and for which to repeat the command."""
    if not repeatable:
        return CommandError("\n".join(not_done))
    if may_repeat_all:
        last = "Nothing is known to have been done; the same command may succeed later."
        return CommandError("\n".join([*not_done, last]), returncode=EX_TEMPFAIL)
    last = f"Repeat the command for these only: {' '.join(map(str, repeatable))}"
    return CommandError("\n".join([*not_done, last]))
