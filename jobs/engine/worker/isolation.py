"""Keeps what a handler changes in its process from the next job.

The process is restored after each job; where that is impossible, it is replaced.
"""

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

from jobs.engine.worker import processes
from jobs.engine.worker.interpreter_parts import INTERPRETER_PARTS
from jobs.engine.worker.process_state import ProcessState
from jobs.engine.worker.replacement import replace_process
from jobs.engine.worker.sessions import renew_sessions
from jobs.engine.worker.system_parts import SYSTEM_PARTS
from jobs.handler.writer import writer

logger = logging.getLogger(__name__)

REAPED_WITHIN_SECONDS = 1.0
SET_CHILD_SUBREAPER = 36  # prctl(2)

_isolates = False
_state: ProcessState | None = None  # as it was before the first job of this process


def isolate_jobs() -> None:
    """Isolate the jobs of this pool process; in other processes nothing is restored."""
    global _isolates
    _isolates = True
    # billiard marks its processes as daemons, which may not have children of their own.
    multiprocessing.current_process().daemon = False
    # A program of the handler that outlives its parent becomes a child of this process, which
    # finds it at the end of the job.
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextlib.contextmanager
def isolated_process() -> Iterator[None]:
    """Run a handler in this block; afterwards the process is as it was, or ends after this job."""
    state = _read_once() if _isolates else None
    pid = os.getpid()
    threads = set(threading.enumerate())
    try:
        yield
    finally:
        if os.getpid() != pid:  # a fork that the handler let return must not go on as a worker
            os._exit(1)
        if left := _restore(state, threads):
            replace_process(left)


def _read_once() -> ProcessState:
    global _state
    if _state is None:
        _state = ProcessState([*SYSTEM_PARTS, *INTERPRETER_PARTS])
    return _state


def _restore(state: ProcessState | None, threads: set[threading.Thread]) -> list[str]:
    """Restore the process; returns what stays different. A bug in it never changes the outcome."""
    try:
        renew_sessions()
        return [] if state is None else _clean_up(state, threads)
    except Exception:  # the remedy is the same for any: a new process is always clean
        logger.exception("cleaning up after a job failed")
        return ["what could not be cleaned up"]


def _clean_up(state: ProcessState, threads: set[threading.Thread]) -> list[str]:
    left = ["a process"] if _kill_children() else []
    known = threads | {writer.thread}
    left += [f"thread {one.name}" for one in threading.enumerate() if one not in known]
    left += state.restore()
    random.seed(int.from_bytes(os.urandom(16)))
    if sys.version_info < (3, 14):  # after asyncio.run, asyncio.get_event_loop would find no loop
        asyncio.set_event_loop_policy(None)
    return left


def _kill_children() -> bool:
    """Kill all processes that the handler left running; returns whether there were any."""
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
    """Call a handler with its own context variables and its own decimal context."""
    return contextvars.copy_context().run(_call, handler, *args, **kwargs)


def _call(handler: Callable[..., object], *args: Any, **kwargs: Any) -> object:
    decimal.setcontext(decimal.Context())
    return handler(*args, **kwargs)
