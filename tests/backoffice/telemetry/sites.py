"""A whole site on the database of the tests, which is watched by servers of the tests."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from jobs.models import ApiToken, Job
from tests.support import people
from tests.support.polling import wait_until
from tests.support.processes import Site, serving, started

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{CALLER}-01"
# They are in parameters, in headers and in a query, and must not leave the site.
SECRETS = ("secret-of-a-token", "customer-4711", "typed-by-someone")
APP = "tests.backoffice.telemetry.monitored"
WORKER = [
    *("celery", "--app=backoffice", "--quiet", "worker", "--concurrency=1"),
    *("--without-gossip", "--without-mingle"),
]


@dataclass
class Monitored:
    """A web server and a worker; `token` is that of a user who may launch."""

    site: Site
    token: str
    worker_log: Path

    def post(self, type: str, **headers: str) -> Any:
        """Submit a job whose parameters are to stay here; returns status and body."""
        body = {"type": type, "params": {"token": SECRETS[0], "customer": SECRETS[1]}}
        sent = {"Authorization": f"Token {self.token}", "Content-Type": "application/json"}
        answer = self.site.ask("/api/v1/jobs/", "POST", json.dumps(body), **sent, **headers)
        return answer.status, json.loads(answer.text)

    def run(self, type: str, **headers: str) -> Job:
        """Submit a job and wait for its end."""
        status, body = self.post(type, **headers)
        assert status == 201, body
        return self.ended(body["id"])

    def ended(self, job_id: str) -> Job:
        """The job once it has ended."""
        wait_until(lambda: Job.objects.settled().filter(id=job_id).exists(), 90)
        return Job.objects.get(id=job_id)


@contextlib.contextmanager
def monitored(directory: Path, **changes: str) -> Iterator[Monitored]:
    """Run web and worker with these variables; both are asked to stop at the end."""
    _, token = ApiToken.objects.create(people.operator(), name="caller")
    connection.close()
    log = directory / "worker.log"
    site = {"EXTRA_APPS": APP, "FILES_DIR": str(directory), "OTEL_BSP_SCHEDULE_DELAY": "100"}
    site |= changes
    with (
        serving(directory, **site) as web,
        log.open("w") as out,
        started(WORKER, log=out, REMAP_SIGTERM="SIGQUIT", **site),
    ):
        yield Monitored(web, token, log)
