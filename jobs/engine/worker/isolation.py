"""Keeps what a handler changes in its process from the next job: put back, or the process replaced."""

import asyncio
import contextlib
import contextvars
import ctypes
import decimal
import logging
import multiprocessing
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from celery.signals import worker_process_init

from jobs.engine.worker import interpreter_parts, processes, system_parts
from jobs.engine.worker.process_state import ProcessState
from jobs.engine.worker.replacement import replace_process
from jobs.engine.worker.sessions import renew_sessions
from jobs.handler.context import writer

logger = logging.getLogger(__name__)

REAPED_WITHIN_SECONDS = 1.0
SET_CHILD_SUBREAPER = 36  # prctl(2)

_is_pool_child = False
_state: ProcessState | None = None  # as it was before the first job of this process


@worker_process_init.connect
def watch(**kwargs: Any) -> None:
    """Isolate the jobs of this process; elsewhere, as in tests, nothing is put back."""
    global _is_pool_child
    _is_pool_child = True
    # billiard's pool children count as daemons, which may not have children of their own.
    multiprocessing.current_process().daemon = False
    # What a program of the handler left running becomes a child of this process, and is found at
    # the end of the job.
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextlib.contextmanager
def isolated_process() -> Iterator[None]:
    """Run a handler in this block; afterwards the process is as it was, or ends after this job."""
    state = _begin() if _is_pool_child else None
    pid = os.getpid()
    threads = set(threading.enumerate())
    try:
        yield
    finally:
        if (
            os.getpid() != pid
        ):  # a fork that the handler let return: it must not go on as a second worker
            os._exit(1)
        if left := _left_behind(state, threads):
            replace_process(left)


def _begin() -> ProcessState:
    global _state
    if _state is None:
        _state = ProcessState([*system_parts.PARTS, *interpreter_parts.PARTS])
    return _state


def _left_behind(state: ProcessState | None, threads: set[threading.Thread]) -> list[str]:
    """Put the process back; return what stays different. A fault here never changes the outcome."""
    try:
        renew_sessions()
        return [] if state is None else _clean_up(state, threads)
    except Exception:  # a new process is always clean, so any failure here has the same remedy
        logger.exception("cleaning up after a job failed")
        return ["what could not be cleaned up"]


def _clean_up(state: ProcessState, threads: set[threading.Thread]) -> list[str]:
    left = ["a process"] if _end_children() else []
    left += [
        f"thread {one.name}"
        for one in threading.enumerate()
        if one not in threads | {writer.thread}
    ]
    left += state.restore()
    random.seed(int.from_bytes(os.urandom(16)))
    if sys.version_info < (
        3,
        14,
    ):  # asyncio.run leaves it without a loop for asyncio.get_event_loop
        asyncio.set_event_loop_policy(None)
    return left


def _end_children() -> bool:
    """End all processes that the handler left; return whether there was any."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    give_up_at = time.monotonic() + REAPED_WITHIN_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < give_up_at:
            processes.kill(processes.descendants(os.getpid()))
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
            time.sleep(0.01)
    return True


def call_apart(handler: Callable[..., object], *args: Any, **kwargs: Any) -> object:
    """Call a handler with context variables, and a decimal context, of its own."""
    return contextvars.copy_context().run(_call, handler, *args, **kwargs)


def _call(handler: Callable[..., object], *args: Any, **kwargs: Any) -> object:
    decimal.setcontext(decimal.Context())
    return handler(*args, **kwargs)
