"""Ends a pool process after its job, so that the next job begins in a new process."""

import logging
import math
import sys
from collections.abc import Iterable
from typing import Any

from billiard.pool import EX_RECYCLE
from billiard.process import current_process

logger = logging.getLogger(__name__)

_is_due = False
_jobs_left = math.inf


def replace_process(reasons: Iterable[str]) -> None:
    """End this pool process once the outcome of its job is written; the pool starts another."""
    global _is_due
    _is_due = True
    logger.info("this process is replaced after its job, which left behind: %s", ", ".join(reasons))


def is_due() -> bool:
    """Return whether this process ends after its job."""
    return _is_due


def count_job() -> None:
    """Count a job, towards those after which the worker replaces a pool process.

    billiard counts only the tasks that it hands out.
    """
    global _is_due, _jobs_left
    _jobs_left -= 1
    _is_due |= _jobs_left <= 0


def watch_pool_loop() -> None:
    """Have billiard's loop check, before it waits for the next job, whether it must leave."""
    global _jobs_left
    worker = current_process()._target
    _jobs_left = worker.maxtasks or math.inf
    wait = worker.wait_for_job

    def wait_or_leave() -> Any:
        if _is_due:
            sys.exit(EX_RECYCLE)
        return wait()

    worker.wait_for_job = wait_or_leave
