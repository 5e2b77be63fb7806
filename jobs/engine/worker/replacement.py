"""Ends a pool child after its job, so that the next job begins in a new process."""

import logging
import sys
from collections.abc import Iterable
from typing import Any

from billiard.pool import EX_RECYCLE
from billiard.process import current_process
from celery.signals import worker_process_init

logger = logging.getLogger(__name__)

_is_wanted = False


def replace_process(reasons: Iterable[str]) -> None:
    """End this pool child once the outcome of its job is written; the pool starts another."""
    global _is_wanted
    _is_wanted = True
    logger.info("this process is replaced after its job, which left behind: %s", ", ".join(reasons))


@worker_process_init.connect
def watch_loop(**kwargs: Any) -> None:
    """Have billiard's loop ask, before it waits for the next job, whether it should leave."""
    worker = current_process()._target
    wait = worker.wait_for_job

    def wait_or_leave() -> Any:
        if _is_wanted:
            sys.exit(EX_RECYCLE)
        return wait()

    worker.wait_for_job = wait_or_leave
