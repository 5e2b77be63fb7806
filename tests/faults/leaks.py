"""What handlers can leave behind in their process, in the session of their database, outside."""

import asyncio
import builtins
import contextvars
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
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from functools import partial

import psycopg2.extensions
from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone, translation

SLEEP = "60613"  # seconds, by which a process that outlives its job is found
VARIABLE = contextvars.ContextVar("VARIABLE", default="")


def _sql(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _raw_sql(statement):
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute(statement)


def _session(**options):
    connection.ensure_connection()
    connection.connection.set_session(**options)


def _no_autocommit():
    transaction.set_autocommit(False)
    _sql("SELECT 1")


def _thread():
    threading.Thread(target=time.sleep, args=[600], daemon=True).start()


def _thread_pool():
    from concurrent.futures import ThreadPoolExecutor

    ThreadPoolExecutor(1).submit(int).result()


def _process():
    subprocess.Popen(["sleep", SLEEP], start_new_session=True)


def _orphan():
    subprocess.run(["sh", "-c", f"setsid sleep {SLEEP} >/dev/null 2>&1 &"], check=True)


def _open_files():
    for _ in range(200):
        os.open("/dev/null", os.O_RDONLY)


def _fork():
    multiprocessing.get_context("fork").Process(target=time.sleep, args=[600]).start()


def _log_handler():
    logging.getLogger("made.by.a.job").addHandler(logging.StreamHandler())


def _gone_directory():
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)


def _time_zone():
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()


def _limit(name, value):
    number = getattr(resource, name)
    _, hard = resource.getrlimit(number)
    resource.setrlimit(
        number, (value, hard if hard == resource.RLIM_INFINITY else max(hard, value))
    )


def _hard_limit():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _set(target, name, value):
    setattr(target, name, value)


def _loop():
    asyncio.run(asyncio.sleep(0))


def _context():
    decimal.getcontext().prec = 3
    VARIABLE.set("left")


def _signals():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR2, signal.SIGALRM])


def _blocked_alarm():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    time.sleep(0.1)


def _hold_the_workers_own_session():
    other = connections["worker"]
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT FROM jobs_job WHERE status = 'PROCESSING' FOR UPDATE")


LEAKS = {
    "workers_own_session": _hold_the_workers_own_session,
    "search_path": partial(_sql, "SET search_path TO nowhere"),
    "statement_timeout": partial(_sql, "SET statement_timeout = 1"),
    "set_config": partial(_sql, "SELECT set_config('search_path', 'nowhere', false)"),
    "qualified": partial(_sql, "SELECT pg_catalog.set_config/**/('search_path', 'nowhere', false)"),
    "do": partial(_sql, "DO $$ BEGIN PERFORM set_config('search_path', 'nowhere', false); END $$"),
    "two": partial(_sql, "SELECT 1; SET search_path TO nowhere"),
    "raw": partial(_raw_sql, "SET search_path TO nowhere"),
    "time_zone_of_session": partial(_sql, "SET TIME ZONE 'Asia/Tokyo'"),
    "temporary": partial(_sql, "CREATE TEMPORARY TABLE jobs_worker (wrong int)"),
    "into": partial(_sql, "SELECT 1 AS wrong INTO TEMPORARY jobs_worker"),
    "advisory": partial(_sql, "SELECT pg_advisory_lock(42)"),
    "listen": partial(_sql, "LISTEN somebody"),
    "role": partial(_sql, "SET ROLE pg_monitor"),
    "prepared": partial(_sql, "PREPARE left_behind AS SELECT 1"),
    "cursor": partial(_sql, "DECLARE left_behind CURSOR WITH HOLD FOR SELECT 1"),
    "read_only": partial(_session, readonly=True),
    "isolation": partial(
        _session, isolation_level=psycopg2.extensions.ISOLATION_LEVEL_SERIALIZABLE
    ),
    "no_autocommit": _no_autocommit,
    "wrapper": lambda: connection.execute_wrappers.append(lambda *_: 1 / 0),
    "timezone": lambda: timezone.activate("Asia/Tokyo"),
    "translation": lambda: translation.activate("de"),
    "context": _context,
    "warnings": lambda: warnings.simplefilter("error"),
    "chdir": lambda: os.chdir("/"),
    "gone_directory": _gone_directory,
    "umask": lambda: os.umask(0o777),
    "tz": _time_zone,
    "environ": lambda: os.environ.update(LEFT="1", PATH=""),
    "locale": lambda: locale.setlocale(locale.LC_ALL, "C"),
    "random": lambda: random.seed(1),
    "sys_path": lambda: sys.path.insert(0, "/left"),
    "argv": lambda: sys.argv.append("left"),
    "stdout": lambda: _set(sys, "stdout", None),
    "stdout_closed": lambda: sys.stdout.close(),
    "excepthook": lambda: _set(sys, "excepthook", None),
    "signals": _signals,
    "alarm": lambda: signal.alarm(1),
    "blocked_alarm": _blocked_alarm,
    "socket": lambda: socket.setdefaulttimeout(0.001),
    "csv": lambda: csv.field_size_limit(1),
    "recursion": lambda: sys.setrecursionlimit(100_000),
    "gc": lambda: (gc.disable(), gc.set_threshold(1)),
    "log_level": lambda: logging.getLogger("jobs").setLevel(logging.CRITICAL),
    "log_root": lambda: logging.getLogger().handlers.clear(),
    "log_disable": lambda: logging.disable(logging.CRITICAL),
    "log_handler": _log_handler,
    "start_method": lambda: multiprocessing.set_start_method("spawn"),
    "loop": _loop,
    "tempdir": lambda: _set(tempfile, "tempdir", "/left"),
    "soft_limit": partial(_limit, "RLIMIT_NOFILE", 64),
    "hard_limit": _hard_limit,
    "nice": lambda: os.nice(5),
    "settings": lambda: _set(settings, "LEFT", 1),
    "thread": _thread,
    "thread_pool": _thread_pool,
    "process": _process,
    "orphan": _orphan,
    "open_files": _open_files,
    "builtins": lambda: _set(builtins, "print", None),
    "debug_cursor": lambda: _set(connection, "force_debug_cursor", True),
    "record_factory": lambda: logging.setLogRecordFactory(lambda *_, **__: 1 / 0),
    "forked": _fork,
    "returning_fork": os.fork,
    "stderr_descriptor": lambda: os.dup2(os.open("/dev/null", os.O_WRONLY), 2),
    "setsid": lambda: os.setpgid(0, 0),
}
