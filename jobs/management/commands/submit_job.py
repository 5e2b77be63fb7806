"""manage.py submit_job: launches a job from a shell or a crontab."""

from argparse import ArgumentParser
from typing import Any

from jobs import services
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.management.params import add_param_arguments, read_params


class Command(JobsCommand):
    help = "Launch a job and print its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help='such as "Generate report"')
        parser.add_argument("--type", help="the slug of a job type; by default the name chooses it")
        parser.add_argument("--about", help="the object that it is about, such as shop.order:17")
        add_param_arguments(parser)

    def handle(self, *args: Any, name: str, type: str | None, **options: Any) -> None:
        job_type = services.chosen_type(name, type)
        params = read_params(job_type, options["param"], options["params"])
        job, _ = services.submit(
            command_caller(), name=name, type=type, params=params, about=options["about"]
        )
        self.stdout.write(str(job.id))
