"""manage.py submit_job: launches a job from a shell or a crontab."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from jobs import services
from jobs.errors import Refused, Unavailable
from jobs.management.caller import command_caller
from jobs.management.command import JobsCommand
from jobs.management.params import add_param_arguments, read_params
from jobs.registry import JobType


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
        caller, kept = command_caller(), []
        try:
            for key, value in params.items():
                if isinstance(value, Path):
                    kept.append(_keep_upload(caller, job_type, value))
                    params[key] = str(kept[-1])
            launch = {"name": name, "type": type, "params": params, "about": options["about"]}
            job, _ = services.submit(caller, **launch)
        except (Refused, Unavailable) as error:
            if isinstance(error, Refused) or error.had_no_effect:
                for upload_id in kept:
                    services.delete_upload(caller, upload_id)
            raise
        self.stdout.write(str(job.id))


def _keep_upload(caller: services.Caller, job_type: JobType, path: Path) -> UUID:
    with path.open("rb") as file:
        incoming = services.incoming_file(file, path.name)
        rules = services.rules_for(job_type)
        return services.keep_upload(caller, incoming, rules=rules).upload.id
