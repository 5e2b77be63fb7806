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


class CannotRun(RuntimeError):
    """This machine lacks something; the message says what to do."""


def spawn(
    command: Sequence[str | Path], *, dying: signal.Signals, **options: Any
) -> subprocess.Popen[bytes]:
    """Start `command`, which gets the signal `dying` when the calling thread ends, even by SIGKILL.

    It runs in a session of its own, so that Ctrl-C does not reach it: its supervisor decides the
    order in which processes stop.
    """
    before_exec = _signal_at_parent_death(dying)
    return subprocess.Popen(command, start_new_session=True, preexec_fn=before_exec, **options)


def _signal_at_parent_death(dying: signal.Signals) -> Callable[[], None] | None:
    if not LINUX:
        return None
    parent = os.getpid()
    libc = ctypes.CDLL(None)  # looked up before the fork, where taking a lock is safe

    def in_child() -> None:
        libc.prctl(PR_SET_PDEATHSIG, dying, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the call above
            os._exit(1)

    return in_child


def run_command(command: Sequence[str | Path], **options: Any) -> tuple[int, str]:
    """Run `command` and return its exit status and output."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with spawn(command, dying=signal.SIGKILL, **pipes, **options) as process:
        try:
            printed = process.communicate()[0]
        except BaseException:  # Ctrl-C does not reach the child
            process.kill()
            raise
    return process.returncode, printed.decode(errors="replace")


def stop_process(process: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> None:
    """Send the signal `how` and wait until the process has ended; kill it after `seconds`."""
    if process.poll() is None:
        process.send_signal(how)
    await_end(process, seconds)


def await_end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until the process has ended; kill it after `seconds`."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def stop_orphan(pid: int, mark: str, how: signal.Signals, seconds: float = 15) -> None:
    """End the process `pid` of a killed supervisor if its command line still contains `mark`."""
    deadline = time.monotonic() + seconds
    while is_running(pid, mark):
        os.kill(pid, how if time.monotonic() < deadline else signal.SIGKILL)
        time.sleep(0.05)


def is_running(pid: int, mark: str = "") -> bool:
    """Return whether `pid` is alive and its command line contains `mark`.

    The pid alone is not enough: another program may have it by now. Source: /proc/PID/cmdline,
    which is empty for a zombie (`kill(pid, 0)` takes that for alive).
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
    """Return a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
