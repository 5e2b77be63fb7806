"""What a handler finds in its process and in its session of the database."""

import asyncio
import csv
import decimal
import gc
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings

from django.conf import settings
from django.db import connection
from django.utils import timezone, translation

from tests.faults.leaks import VARIABLE

OPTIONS_OF_SESSION = """
    SELECT array_agg(name || '=' || setting ORDER BY name) FROM pg_settings
    WHERE source = 'session'
"""
STATE_OF_SESSION = """
    SELECT current_user::text, current_setting('search_path'),
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'),
        (SELECT count(*) FROM pg_listening_channels()),
        (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_cursors),
        to_regclass('pg_temp.jobs_worker')::text
"""


def findings():
    """What a handler finds; the same in each job, unless another one left something behind."""
    return _session() | _context() | _process() | _modules() | _logging() | _outside()


def _session():
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(OPTIONS_OF_SESSION)
        [session] = cursor.fetchone()
        cursor.execute(STATE_OF_SESSION)
        state = cursor.fetchone()
    return {
        "session": session,
        "database": state,
        "autocommit": connection.connection.autocommit,
        "connection": [connection.connection.readonly, connection.connection.isolation_level],
        "wrappers": len(connection.execute_wrappers),
        "debug": connection.force_debug_cursor,
    }


def _context():
    return {
        "timezone": str(timezone.get_current_timezone()),
        "language": translation.get_language(),
        "decimal": decimal.getcontext().prec,
        "variable": VARIABLE.get(),
        "warnings": [str(one) for one in warnings.filters],
        "loop": _loop_is_made(),
    }


def _process():
    return {
        "directory": os.getcwd(),
        "umask": _umask(),
        "tz": time.tzname,
        "environment": sorted(os.environ.items()),
        "locale": locale.setlocale(locale.LC_ALL),
        "signals": [str(signal.getsignal(one)) for one in sorted(signal.valid_signals())],
        "mask": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
        "timer": signal.getitimer(signal.ITIMER_REAL),
        "limits": _limits(),
        "nice": os.nice(0),
        "session_of_process": os.getpgid(0) == os.getpid(),
    }


def _modules():
    return {
        "seeded": random.random() == random.Random(1).random(),
        "path": sys.path,
        "argv": sys.argv,
        "encoding": sys.stdout.encoding,
        "hooks": str(sys.excepthook),
        "socket": socket.getdefaulttimeout(),
        "csv": csv.field_size_limit(),
        "recursion": sys.getrecursionlimit(),
        "gc": [gc.isenabled(), gc.get_threshold()],
        "start_method": multiprocessing.get_start_method(allow_none=True),
        "tempdir": tempfile.tempdir,
        "setting": getattr(settings, "LEFT", None),
        "print": repr(print),
    }


def _logging():
    return {
        "level": logging.getLogger("jobs").level,
        "root": len(logging.getLogger().handlers),
        "disabled": logging.root.manager.disable,
        "handlers": len(logging.getLogger("made.by.a.job").handlers),
    }


def _outside():
    return {
        "threads": sorted(one.name for one in threading.enumerate() if one.name != "job writer"),
        "processes": _processes(),
        "files": _free_descriptor() > 100,
        "stderr": os.fstat(2).st_ino,
    }


def _limits():
    if not hasattr(resource, "RLIM_NLIMITS"):
        names = (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE)
        return [resource.getrlimit(one) for one in names]
    every = range(resource.RLIM_NLIMITS)
    return [resource.getrlimit(one) for one in every if one != resource.RLIMIT_SIGPENDING]


def _loop_is_made():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loop = asyncio.get_event_loop_policy().new_event_loop()
        loop.close()
        try:
            asyncio.get_event_loop().close()
        except RuntimeError:
            return False
    return True


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _processes():
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        return children.read().split()


def _free_descriptor():
    lowest = os.dup(2)
    os.close(lowest)
    return lowest
