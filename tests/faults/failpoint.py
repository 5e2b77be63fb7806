"""Kills the suite's web server after the commit of a certain job, before its message is sent."""

import os
import signal
from collections.abc import Iterable

from jobs.engine import broker
from jobs.models import Job

DYING = "its web server dies before it is published"


def install() -> None:
    """Wrap the real publish; the suite's web server calls this because it has FAULTS_FAIL_POINT."""
    real = broker.publish

    def publish(jobs: Iterable[Job]) -> None:
        jobs = list(jobs)
        if any(job.name == DYING for job in jobs):
            os.kill(os.getpid(), signal.SIGKILL)
        real(jobs)

    broker.publish = publish
