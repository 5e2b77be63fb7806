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
from operator import attrgetter
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


def _settings() -> Any:
    return vars(settings._wrapped)  # type: ignore[misc]  # the plugin knows settings only


LOGGER_STATE = attrgetter("level", "propagate", "disabled", "handlers", "filters")


class Loggers:
    """The loggers that exist at the first read, and later ones that have a level or handlers.

    A module that a handler imports makes loggers, usually without levels and handlers, and is not
    imported again.
    """

    def __init__(self) -> None:
        self._manager = logging.getLogger().manager
        self._made: list[Any] = []  # the manager's loggers and placeholders at the last read
        self._known: list[logging.Logger] = []
        self._later: list[logging.Logger] = []

    def read(self) -> list[Any]:
        """Return the set-up of logging: for each logger its attributes, not copies of them."""
        made = [*self._manager.loggerDict.values()]
        if made != self._made:
            self._made = made
            loggers = [one for one in made if isinstance(one, logging.Logger)]
            self._known = self._known or [logging.getLogger(), *loggers]
            known = set(self._known)
            self._later = [one for one in loggers if one not in known]
        later = filter(_is_set_up, self._later)
        return [self._manager.disable, *map(LOGGER_STATE, [*self._known, *later])]

    def restore(self, before: list[Any]) -> None:
        """Restore the loggers that existed at the first read."""
        logging.disable(before[0])
        for logger, state in zip(self._known, before[1:], strict=True):
            level, logger.propagate, logger.disabled, handlers, filters = state
            logger.setLevel(level)
            logger.handlers[:], logger.filters[:] = handlers, filters


def _copy_loggers(found: list[Any]) -> list[Any]:
    return [
        found[0],
        *((*flags, [*handlers], [*filters]) for *flags, handlers, filters in found[1:]),
    ]


def _is_set_up(logger: logging.Logger) -> bool:
    handles = any(not isinstance(one, logging.NullHandler) for one in logger.handlers)
    return bool(logger.level) or handles


_loggers = Loggers()

INTERPRETER_PARTS = [
    Part("attributes of sys", _sys, _set_sys),
    Part("sys.argv or sys.path", _lists, _set_lists),
    Part("limits of the interpreter", _interpreter, _set_interpreter),
    Part("hooks", _hooks, _set_hooks),
    Part("builtins", lambda: vars(builtins), _set_builtins, copy=dict),
    Part("the garbage collector", _collector, _set_collector),
    Part("warning filters", _warnings, _set_warnings),
    Part("the start method of processes", _start_method, _set_start_method),
    Part("settings", _settings, copy=dict),
    Part("logging", _loggers.read, _loggers.restore, copy=_copy_loggers),
]
