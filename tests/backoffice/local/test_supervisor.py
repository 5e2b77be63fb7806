"""The supervisor restarts dead processes with a back-off."""

import signal
import subprocess
import time

from backoffice.local import supervisor
from backoffice.local.processes import CannotRun, spawn, stop_process
from backoffice.local.supervisor import Supervisor


class Shell:
    """A child that runs a line of shell, and fails to start a given number of times."""

    name = "child"

    def __init__(self, line: str, failures: int = 0) -> None:
        self.line = line
        self.failures = failures
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self.failures and self.process:
            self.failures -= 1
            raise CannotRun("It cannot start.")
        self.process = spawn(["sh", "-c", self.line], dying=signal.SIGKILL)

    def stop(self) -> None:
        stop_process(self.process, signal.SIGKILL, 1)


def watch(child, said, seconds=3):
    """Poll the supervisor until the child was restarted; return how long that took."""
    watched = Supervisor([child], said.append)
    begin = time.monotonic()
    while not watched.look():
        assert time.monotonic() < begin + seconds, said
        time.sleep(0.01)
    return watched


def test_a_dead_child_is_started_again_and_that_is_said():
    child, said = Shell("sleep 300"), []
    child.start()
    child.process.kill()
    watch(child, said)
    assert child.process.poll() is None
    assert said == [
        "child was ended by signal 9; it starts again in 0.5 s.",
        "child was started again.",
    ]
    child.stop()


def test_the_pause_grows_with_every_early_death_up_to_the_longest(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_PAUSES", (0.01, 0.02, 0.03))
    child, said = Shell("exit 3"), []
    child.start()
    watched = Supervisor([child], said.append)
    while len([line for line in said if "ended" in line]) < 5:
        watched.look()
        child.process.wait()
    pauses = [line.split()[-2] for line in said if "ended with status 3" in line]
    assert pauses == ["0.01", "0.02", "0.03", "0.03", "0.03"]


def test_a_child_that_lived_long_is_started_again_soon(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_PAUSES", (0.01, 100))
    monkeypatch.setattr(supervisor, "QUIET_SECONDS", 0)
    child, said = Shell("exit 0"), []
    child.start()
    watched = Supervisor([child], said.append)
    while len(said) < 6:
        watched.look()
    assert "it starts again in 100 s." not in " ".join(said)
    child.process.wait()


def test_a_child_that_cannot_start_is_tried_again(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_PAUSES", (0.01,))
    child, said = Shell("sleep 300", failures=2), []
    child.start()
    child.process.kill()
    watch(child, said)
    assert said.count("It cannot start.") == 2
    assert child.process.poll() is None
    child.stop()
