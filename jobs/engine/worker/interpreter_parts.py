"""What a handler can change in Python, its libraries and Django, and how each part is restored."""

import builtins
import csv
import gc
import logging
import multiprocessing
import socket
import sys
import tempfile
import threading
import warnings
from typing import Any

from django.conf import settings

from jobs.engine.worker.process_state import Part

SYS = ("displayhook", "excepthook", "stderr", "stdin", "stdout", "unraisablehook")


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


def _hooks() -> tuple[Any, ...]:
    made_by = logging.getLoggerClass(), logging.getLogRecordFactory()
    return sys.gettrace(), sys.getprofile(), threading.excepthook, *made_by


def _set_hooks(before: tuple[Any, ...]) -> None:
    trace, profile, threading.excepthook, logger_class, record_factory = before
    sys.settrace(trace)
    sys.setprofile(profile)
    logging.setLoggerClass(logger_class)
    logging.setLogRecordFactory(record_factory)


def _set_builtins(before: dict[str, Any]) -> None:
    for name in vars(builtins).keys() - before.keys():
        delattr(builtins, name)
    vars(builtins).update(before)


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
    warnings.filters[:] = filters  # type: ignore[index]  # a list, declared as a Sequence


def _start_method() -> str | None:
    return multiprocessing.get_start_method(allow_none=True)


def _set_start_method(before: str | None) -> None:
    multiprocessing.set_start_method(before, force=True)


def _settings() -> dict[str, Any]:
    return dict(vars(settings._wrapped))  # type: ignore[misc]  # the plugin knows settings only


class Loggers:
    """The loggers that exist at the first read, and later ones that have a level or handlers.

    A module that a handler imports makes loggers, usually without levels and handlers, and is not
    imported again.
    """

    def __init__(self) -> None:
        self._known: set[logging.Logger] = set()

    def read(self) -> list[Any]:
        """Return the set-up of logging."""
        root = logging.getLogger()
        made = root.manager.loggerDict.values()
        loggers = [one for one in made if isinstance(one, logging.Logger)]
        self._known = self._known or {root, *loggers}
        later = [one for one in loggers if one not in self._known and _is_set_up(one)]
        return [root.manager.disable, *map(_logger_state, [*self._known, *later])]

    def restore(self, before: list[Any]) -> None:
        """Restore the loggers that existed at the first read."""
        logging.disable(before[0])
        for logger, level, logger.propagate, logger.disabled, handlers, filters in before[1:]:
            logger.setLevel(level)
            logger.handlers[:], logger.filters[:] = handlers, filters


def _is_set_up(logger: logging.Logger) -> bool:
    handles = any(not isinstance(one, logging.NullHandler) for one in logger.handlers)
    return bool(logger.level) or handles


def _logger_state(logger: logging.Logger) -> tuple[Any, ...]:
    flags = logger.level, logger.propagate, logger.disabled
    return logger, *flags, logger.handlers[:], logger.filters[:]


_loggers = Loggers()

INTERPRETER_PARTS = [
    Part("attributes of sys", _sys, _set_sys),
    Part("sys.argv or sys.path", _lists, _set_lists),
    Part("limits of the interpreter", _interpreter, _set_interpreter),
    Part("hooks", _hooks, _set_hooks),
    Part("builtins", lambda: dict(vars(builtins)), _set_builtins),
    Part("the garbage collector", _collector, _set_collector),
    Part("warning filters", _warnings, _set_warnings),
    Part("the start method of processes", _start_method, _set_start_method),
    Part("settings", _settings),
    Part("logging", _loggers.read, _loggers.restore),
]
