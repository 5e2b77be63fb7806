"""Handlers that are plain Python programs: they print, and have child processes."""

import logging
import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

from django.db import connection

FORK = multiprocessing.get_context("fork")


def _print(job):
    print("printed")
    print("without an end", end="")
    print("to stderr", file=sys.stderr)
    sys.stdout.writelines(["a\n", "b\n"])
    return {
        "encoding": sys.stdout.encoding,
        "is a terminal": sys.stdout.isatty(),
        "errors": sys.stdout.errors,
    }


def _buffer(job):
    sys.stdout.buffer.write(b"bytes \xff\n")
    print("umlaut ä \udcff")
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), b"by its number\n")


def _subprocess(job):
    subprocess.run(["echo", "from a program"], stdout=sys.stdout, check=True)
    subprocess.run(
        ["sh", "-c", "echo complaint >&2"], stdout=sys.stdout, stderr=sys.stderr, check=True
    )
    subprocess.run(["sh", "-c", "seq 20000 >&2; echo end >&2"], stderr=sys.stdout, check=True)


def _square(number):
    print(f"squared {number}")
    logging.getLogger("app").warning("logged %s", number)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return number * number, cursor.fetchone()[0]


def _own_session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def _pool(job):
    mine = _own_session()
    with ProcessPoolExecutor(1, mp_context=FORK) as pool:
        answers = list(pool.map(_square, [2, 3]))
    return {"squares": [one for one, _ in answers], "shared": mine in {pid for _, pid in answers},
            "still mine": _own_session() == mine}  # fmt: skip


def _tell(job):
    job.log("logged by a child")
    job.progress(50, message="of a child")


def _process(job):
    job.log("before")
    child = FORK.Process(target=_tell, args=[job])
    child.start()
    child.join()
    job.log("after")
    return {"exit code": child.exitcode}


def _stream_handler(job):
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.getLogger("app").warning("once")


PROGRAMS = {
    "print": _print,
    "buffer": _buffer,
    "subprocess": _subprocess,
    "pool": _pool,
    "process": _process,
    "stream_handler": _stream_handler,
}
