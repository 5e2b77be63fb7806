"""Child processes that cannot outlive the process that started them."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LINUX = sys.platform == "linux"
PR_SET_PDEATHSIG = 1


class Unavailable(RuntimeError):
    """Something this machine lacks, said so that its owner can act."""


def spawn(
    command: Sequence[str | Path], *, dying: signal.Signals, **options: Any
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own; it gets `dying` when the calling thread ends, even by SIGKILL.

    A session of its own keeps Ctrl-C from reaching it: only its supervisor decides the order of a
    stop.
    """
    return subprocess.Popen(command, start_new_session=True, preexec_fn=_follow(dying), **options)


def _follow(dying: signal.Signals) -> Callable[[], None] | None:
    if not LINUX:
        return None
    parent = os.getpid()
    libc = ctypes.CDLL(None)  # looked up before the fork, where taking a lock is safe

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, dying, 0, 0, 0)
        if os.getppid() != parent:  # it died before the call above
            os._exit(1)

    return in_child


def run(command: Sequence[str | Path], **options: Any) -> tuple[int, str]:
    """Run `command` to its end and return its exit status and all it printed."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with spawn(command, dying=signal.SIGKILL, **pipes, **options) as process:
        try:
            printed = process.communicate()[0]
        except BaseException:  # Ctrl-C reaches us alone
            process.kill()
            raise
    return process.returncode, printed.decode(errors="replace")


def stop(process: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> None:
    """Send `how`, and see the end of it."""
    if process.poll() is None:
        process.send_signal(how)
    await_end(process, seconds)


def await_end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for the end of a process, and kill it when its time is up."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_orphan(pid: int, mark: str, how: signal.Signals, seconds: float = 15) -> None:
    """End the process `pid` of a killed supervisor if its command line still bears `mark`."""
    end = time.monotonic() + seconds
    while is_running(pid, mark):
        os.kill(pid, how if time.monotonic() < end else signal.SIGKILL)
        time.sleep(0.05)


def is_running(pid: int, mark: str = "") -> bool:
    """Whether `pid` lives and its command line bears `mark`: a number alone may by now be a stranger's.

    Source: /proc/PID/cmdline, empty for a zombie (which `kill(pid, 0)` takes for alive).
    """
    try:
        if LINUX:
            command = os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes())
        else:
            command = subprocess.check_output(["ps", "-o", "command=", "-p", str(pid)], text=True)
        return bool(command) and mark in command
    except (OSError, subprocess.CalledProcessError):
        return False


def free_port() -> int:
    """A TCP port of 127.0.0.1 that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
