"""What a handler can change in its process as the kernel sees it, and how each part is restored."""

import locale
import os
import resource
import signal
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from jobs.engine.worker.process_state import Part

SIGNALS = sorted(int(one) for one in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
LEFT_FILES = 50  # a process may usually open 1,024
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
LIMITS = ("AS", "CORE", "CPU", "DATA", "FSIZE", "MEMLOCK", "NOFILE", "NPROC", "STACK")
RLIMITS = [getattr(resource, f"RLIMIT_{name}") for name in LIMITS]
# In C: the function of `signal` makes an enum of each answer, which takes 20 times as long.
get_handler = import_module("_signal").getsignal


def _timers() -> list[tuple[float, float]]:
    return [signal.getitimer(timer) for timer in TIMERS]


def _stop_timers(before: object) -> None:
    for timer in TIMERS:
        signal.setitimer(timer, 0)


def _mask() -> set[signal.Signals | int]:
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _set_mask(before: Iterable[int]) -> None:
    # A signal that waits behind the mask was meant for the job that is over; it is discarded.
    for number in signal.sigpending() - {signal.SIGTERM, signal.SIGQUIT}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handlers() -> list[Any]:
    return list(map(get_handler, SIGNALS))


def _set_handlers(before: list[Any]) -> None:
    for number, handler in zip(SIGNALS, before, strict=True):
        if get_handler(number) is not handler:
            signal.signal(number, handler)


def _umask() -> int:
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def _environment() -> dict[bytes, bytes]:
    # The dict itself: os.environb encodes each name and looks it up, 50 times as slow.
    return os.environb._data  # type: ignore[attr-defined]  # it is private


def _set_environment(before: dict[bytes, bytes]) -> None:
    os.environb.clear()
    os.environb.update(before)


def _resource_limits() -> list[tuple[int, int]]:
    return list(map(resource.getrlimit, RLIMITS))


def _set_limits(before: list[tuple[int, int]]) -> None:
    for limit, values in zip(RLIMITS, before, strict=True):
        resource.setrlimit(limit, values)


def _rights() -> tuple[object, ...]:
    return os.getresuid(), os.getresgid(), os.getgroups(), os.getpgid(0), os.getsid(0)


def _descriptors() -> list[tuple[int, int]]:
    return [(state.st_dev, state.st_ino) for state in map(os.fstat, (1, 2))]


class OpenFiles:
    """Whether more files than those of a few connections were left open since the first check."""

    def __init__(self) -> None:
        self._first: int | None = None

    def compare(self) -> bool:
        """Compare the lowest free descriptor with that of the first call, which is kept."""
        lowest = os.dup(2)
        os.close(lowest)
        self._first = lowest if self._first is None else self._first
        return lowest > self._first + LEFT_FILES


_open_files = OpenFiles()

# Timers come first, so that none goes off while the rest is restored. Signal handlers come after
# the signals that wait.
SYSTEM_PARTS = [
    Part("a timer", _timers, _stop_timers),
    Part("blocked signals", _mask, _set_mask),
    Part("signal handlers", _handlers, _set_handlers),
    Part("the working directory", os.getcwd, os.chdir),
    Part("the umask", _umask, os.umask),
    Part("the environment", _environment, _set_environment, copy=dict),
    Part(
        "the time zone of the process",
        lambda: (time.tzname, time.timezone),
        lambda before: time.tzset(),
    ),
    Part(
        "the locale",
        lambda: locale.setlocale(locale.LC_ALL),
        lambda name: locale.setlocale(locale.LC_ALL, name),
    ),
    Part("resource limits", _resource_limits, _set_limits),
    Part(
        "the priority",
        lambda: os.getpriority(os.PRIO_PROCESS, 0),
        lambda n: os.setpriority(os.PRIO_PROCESS, 0, n),
    ),
    Part(
        "the processors",
        lambda: os.sched_getaffinity(0),
        lambda cpus: os.sched_setaffinity(0, cpus),
    ),
    Part("its user, group or session", _rights),
    Part("descriptors 1 and 2", _descriptors),
    Part("open files", _open_files.compare),
]
