"""What a handler can change in its process for the jobs after it, and how each is put back.

A part is read when the process begins its first job, and again after each job; what differs is restored. Reading all
of them takes 0.07 ms of CPU.
"""

import contextlib
import csv
import gc
import locale
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings

SIGNALS = sorted(int(one) for one in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
LIMITS = ("AS", "CORE", "CPU", "DATA", "FSIZE", "MEMLOCK", "NOFILE", "NPROC", "STACK")
RLIMITS = [getattr(resource, f"RLIMIT_{name}") for name in LIMITS]
# In C: the one of `signal` makes an enum of each answer, 20 times as slow.
get_handler = import_module("_signal").getsignal
SYS = ("displayhook", "excepthook", "stderr", "stdin", "stdout", "unraisablehook")


@dataclass(frozen=True)
class Part:
    """One part of a process's state; without `restore` only a new process has it as it was."""

    name: str
    read: Callable[[], Any]
    restore: Callable[[Any], object] | None = None


class ProcessState:
    """The state of this process, as it was when this object was made."""

    def __init__(self) -> None:
        self._parts = [(part, _read(part)) for part in PARTS]

    def restore(self) -> list[str]:
        """Put back what has changed; returns the names of the parts that stay different."""
        return [part.name for part, before in self._parts if not _is_as_before(part, before)]


def _is_as_before(part: Part, before: Any) -> bool:
    if _read(part) == before:
        return True
    if part.restore is None:
        return False
    with contextlib.suppress(Exception):
        part.restore(before)
    return bool(_read(part) == before)


def _read(part: Part) -> Any:
    try:
        return part.read()
    except Exception as error:  # such as a working directory that was removed
        return type(error)


def _timers() -> list[tuple[float, float]]:
    return [signal.getitimer(timer) for timer in TIMERS]


def _stop_timers(before: object) -> None:
    for timer in TIMERS:
        signal.setitimer(timer, 0)


def _mask() -> set[signal.Signals | int]:
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def _set_mask(before: Iterable[int]) -> None:
    # A signal that waits behind the mask was meant for the job that is over: ignoring it discards it.
    for number in signal.sigpending() - {signal.SIGTERM, signal.SIGQUIT}:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _handlers() -> list[Any]:
    return [get_handler(number) for number in SIGNALS]


def _set_handlers(before: list[Any]) -> None:
    for number, handler in zip(SIGNALS, before, strict=True):
        if get_handler(number) is not handler:
            signal.signal(number, handler)


def _umask() -> int:
    mask = os.umask(0o77)
    os.umask(mask)
    return mask


def _environment() -> dict[bytes, bytes]:
    return dict(os.environb)


def _set_environment(before: dict[bytes, bytes]) -> None:
    os.environb.clear()
    os.environb.update(before)


def _limits() -> list[tuple[int, int]]:
    return [resource.getrlimit(limit) for limit in RLIMITS]


def _set_limits(before: list[tuple[int, int]]) -> None:
    for limit, values in zip(RLIMITS, before, strict=True):
        resource.setrlimit(limit, values)


def _rights() -> tuple[object, ...]:
    return os.getresuid(), os.getresgid(), os.getgroups(), os.getpgid(0), os.getsid(0)


def _descriptors() -> list[tuple[int, int]]:
    return [(state.st_dev, state.st_ino) for state in map(os.fstat, (1, 2))]


def _sys() -> list[Any]:
    return [getattr(sys, name) for name in SYS]


def _set_sys(before: list[Any]) -> None:
    for name, value in zip(SYS, before, strict=True):
        setattr(sys, name, value)


def _lists() -> tuple[list[str], list[str]]:
    return sys.argv[:], sys.path[:]


def _set_lists(before: tuple[list[str], list[str]]) -> None:
    sys.argv[:], sys.path[:] = before


def _interpreter() -> tuple[Any, ...]:
    return (
        sys.getrecursionlimit(),
        sys.getswitchinterval(),
        sys.get_int_max_str_digits(),
        threading.stack_size(),
        csv.field_size_limit(),
        socket.getdefaulttimeout(),
        tempfile.tempdir,
    )


def _set_interpreter(before: tuple[Any, ...]) -> None:
    recursion, interval, digits, stack, field, timeout, directory = before
    sys.setrecursionlimit(recursion)
    sys.setswitchinterval(interval)
    sys.set_int_max_str_digits(digits)
    threading.stack_size(stack)
    csv.field_size_limit(field)
    socket.setdefaulttimeout(timeout)
    tempfile.tempdir = directory


def _tracing() -> tuple[Any, ...]:
    return sys.gettrace(), sys.getprofile(), threading.excepthook


def _set_tracing(before: tuple[Any, ...]) -> None:
    trace, profile, threading.excepthook = before
    sys.settrace(trace)
    sys.setprofile(profile)


def _collector() -> tuple[Any, ...]:
    return gc.isenabled(), gc.get_threshold(), gc.get_debug()


def _set_collector(before: tuple[Any, ...]) -> None:
    enabled, threshold, flags = before
    (gc.enable if enabled else gc.disable)()
    gc.set_threshold(*threshold)
    gc.set_debug(flags)


def _warnings() -> tuple[list[Any], Any]:
    return list(warnings.filters), warnings.showwarning


def _set_warnings(before: tuple[list[Any], Any]) -> None:
    filters, warnings.showwarning = before
    warnings.resetwarnings()
    warnings.filters[:] = filters  # type: ignore[index]


def _start_method() -> str | None:
    return multiprocessing.get_start_method(allow_none=True)


def _set_start_method(before: str | None) -> None:
    multiprocessing.set_start_method(before, force=True)


def _settings() -> dict[str, Any]:
    return dict(vars(settings._wrapped))  # type: ignore[misc]


class Loggers:
    """The levels and handlers of the loggers that exist at the first look, and of later ones that have any.

    A module that a handler imports makes loggers, as a rule without either, and is not imported again.
    """

    def __init__(self) -> None:
        self._known: set[logging.Logger] = set()

    def read(self) -> list[Any]:
        """Return what is logged, and where to."""
        root = logging.getLogger()
        loggers = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
        self._known = self._known or {root, *loggers}
        states = [_logger_state(one) for one in self._known]
        states += [_logger_state(one) for one in loggers if one not in self._known and _is_set_up(one)]
        return [root.manager.disable, *states]

    def restore(self, before: list[Any]) -> None:
        """Put back the loggers that existed at the first look."""
        logging.disable(before[0])
        for logger, level, logger.propagate, logger.disabled, handlers, filters in before[1:]:
            logger.setLevel(level)
            logger.handlers[:], logger.filters[:] = handlers, filters


def _is_set_up(logger: logging.Logger) -> bool:
    return bool(logger.level) or any(not isinstance(one, logging.NullHandler) for one in logger.handlers)


def _logger_state(logger: logging.Logger) -> tuple[Any, ...]:
    return logger, logger.level, logger.propagate, logger.disabled, logger.handlers[:], logger.filters[:]


_loggers = Loggers()

# Timers first, so that none goes off while the rest is restored; a signal's handler after the signals that wait.
PARTS = [
    Part("a timer", _timers, _stop_timers),
    Part("blocked signals", _mask, _set_mask),
    Part("signal handlers", _handlers, _set_handlers),
    Part("the working directory", os.getcwd, os.chdir),
    Part("the umask", _umask, os.umask),
    Part("the environment", _environment, _set_environment),
    Part("the time zone of the process", lambda: (time.tzname, time.timezone), lambda before: time.tzset()),
    Part(
        "the locale",
        lambda: locale.setlocale(locale.LC_ALL),
        lambda name: locale.setlocale(locale.LC_ALL, name),
    ),
    Part("resource limits", _limits, _set_limits),
    Part(
        "the priority",
        lambda: os.getpriority(os.PRIO_PROCESS, 0),
        lambda n: os.setpriority(os.PRIO_PROCESS, 0, n),
    ),
    Part("the processors", lambda: os.sched_getaffinity(0), lambda cpus: os.sched_setaffinity(0, cpus)),
    Part("its user, group or session", _rights),
    Part("descriptors 1 and 2", _descriptors),
    Part("attributes of sys", _sys, _set_sys),
    Part("sys.argv or sys.path", _lists, _set_lists),
    Part("limits of the interpreter", _interpreter, _set_interpreter),
    Part("tracing", _tracing, _set_tracing),
    Part("the garbage collector", _collector, _set_collector),
    Part("warning filters", _warnings, _set_warnings),
    Part("the start method of processes", _start_method, _set_start_method),
    Part("settings", _settings),
    Part("logging", _loggers.read, _loggers.restore),
]
