"""Children end with their supervisor, and foreign processes are left alone."""

import os
import signal
import subprocess
import sys

import pytest

from backoffice.local.processes import (
    LINUX,
    is_running,
    run_command,
    spawn,
    stop_orphan,
    stop_process,
)
from tests.support.polling import wait_until

PARENT = """
import signal, sys, time
from backoffice.local.processes import spawn
print(spawn(["sleep", "300"], dying=signal.SIGTERM).pid, flush=True)
time.sleep(300)
"""


@pytest.mark.skipif(not LINUX, reason="only Linux tells children of their parent's death")
def test_a_child_ends_when_its_parent_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    wait_until(lambda: is_running(child, "sleep"))  # the kernel names it a moment after it began
    parent.kill()
    parent.communicate()
    wait_until(lambda: not is_running(child, "sleep"))


def test_a_child_that_ignores_the_signal_is_killed_when_its_time_is_up():
    deaf = spawn(
        ["sh", "-c", "trap '' TERM; echo; while :; do sleep 0.1; done"],
        dying=signal.SIGKILL,
        stdout=-1,
    )
    deaf.stdout.readline()
    stop_process(deaf, signal.SIGTERM, 0.2)
    deaf.stdout.close()
    assert deaf.returncode == -signal.SIGKILL


def test_stopping_a_dead_child_does_nothing():
    child = spawn(["true"], dying=signal.SIGKILL)
    child.wait()
    stop_process(child, signal.SIGTERM, 1)
    assert child.returncode == 0


def test_a_zombie_does_not_count_as_running():
    child = spawn(["true"], dying=signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not reaped
    assert not is_running(child.pid)
    child.wait()


def test_a_stranger_with_the_number_of_an_orphan_is_not_ended():
    stranger = spawn(["sleep", "300"], dying=signal.SIGKILL)
    stop_orphan(stranger.pid, "postgres", signal.SIGTERM)
    assert stranger.poll() is None
    stop_process(stranger, signal.SIGKILL, 1)


def test_a_command_is_run_to_its_end():
    assert run_command(["sh", "-c", "echo out; echo err >&2; exit 3"]) == (3, "out\nerr\n")
