"""Faults: a method begins one, and the function that it returns ends it."""

import contextlib
import os
import random
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

from backoffice.local import programs
from backoffice.local.programs import Program
from tests.faults.stack import Stack

End = Callable[[], object]


class Victims:
    """The processes to hurt, all of this run, and the dice that choose among them."""

    def __init__(
        self, stack: Stack, workers: list[Program], upkeep: Program, dice: random.Random
    ) -> None:
        self.stack = stack
        self.workers = workers
        self.upkeep = upkeep
        self.dice = dice

    def kill_a_child(self) -> None:
        """kill -9 of a process that runs jobs."""
        _signal(self.dice.choice(self._pool()), signal.SIGKILL)

    def kill_a_worker(self) -> End:
        """kill -9 of a worker's main process."""
        worker = self.dice.choice(self.workers)
        kill(worker.process)
        return lambda: start(worker)

    def stop_a_worker(self) -> End:
        """SIGTERM, as in a deploy: running jobs may finish."""
        worker = self.dice.choice(self.workers)
        worker.process.send_signal(signal.SIGTERM)
        return lambda: start(worker)

    def freeze_a_worker(self) -> End:
        """SIGSTOP of a worker and its children, perhaps for longer than its lease."""
        main = self.dice.choice(self.workers).process.pid
        frozen = [main, *children(main)]
        for pid in frozen:
            _signal(pid, signal.SIGSTOP)
        return lambda: [_signal(pid, signal.SIGCONT) for pid in frozen]

    def kill_a_web_process(self) -> None:
        """kill -9 of a process that answers requests."""
        _signal(self.dice.choice([*children(self.stack.web.process.pid)]), signal.SIGKILL)

    def kill_upkeep(self) -> End:
        """kill -9."""
        kill(self.upkeep.process)
        return lambda: start(self.upkeep)

    def freeze_redis(self) -> End:
        """SIGSTOP."""
        self.stack.broker.process.send_signal(signal.SIGSTOP)
        return lambda: self.stack.broker.process.send_signal(signal.SIGCONT)

    def lose_redis(self) -> End:
        """kill -9, and a new start with nothing in it."""
        kill(self.stack.broker.process)
        return lambda: start(self.stack.broker)

    def flush_redis(self) -> None:
        """FLUSHALL."""
        with self.stack.redis(socket_timeout=2) as broker:
            broker.flushall()

    def lose_messages(self) -> None:
        """Remove some from the queue."""
        with self.stack.redis(socket_timeout=2) as broker:
            broker.lpop("default", self.dice.randint(1, 10))

    def double_messages(self) -> None:
        """Push up to 21 waiting messages a second time."""
        with self.stack.redis(socket_timeout=2) as broker:
            if waiting := broker.lrange("default", 0, 20):
                broker.lpush("default", *waiting)

    def stop_postgres(self) -> End:
        """An immediate stop: no checkpoint, no message to clients."""
        kill(self.stack.postgres.process, signal.SIGQUIT)
        return lambda: start(self.stack.postgres)

    def end_connections(self) -> None:
        """pg_terminate_backend of all clients."""
        self.stack.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )

    def fail_over(self) -> End:
        """End all connections; those opened during the fault reach a server without writes."""
        self.stack.fail_over()
        return self.stack.promote

    def refuse_writes(self) -> End:
        """Let the server take no writes, as in maintenance."""
        self.stack.refuse_writes()
        return self.stack.take_writes

    def hold_a_type(self) -> End:
        """Hold a type: its jobs wait, whatever else happens, and start after that."""
        held = self.dice.choice(["steady", "three", "twice"])
        self.stack.hold(held)
        return lambda: self.stack.end_hold(held)

    def _pool(self) -> list[int]:
        return [pid for worker in self.workers for pid in children(worker.process.pid)]


FAULTS = [name for name in vars(Victims) if not name.startswith("_")]


def start(what: Program | object) -> None:
    """Start a program or server, unless it runs."""
    if what.process.poll() is None:
        if not isinstance(what, Program):
            return
        what.process.send_signal(signal.SIGCONT)
        programs.stop_programs([what])  # it got SIGTERM a while ago, and may need its time to stop
    what.start()


def kill(process: "Popen[bytes]", how: signal.Signals = signal.SIGKILL) -> None:
    """End a process at once, unless it has ended."""
    if process.poll() is None:
        process.send_signal(how)
        process.wait(30)


def children(pid: int) -> Iterator[int]:
    """Yield the pids of its children. Source: /proc/PID/task/TID/children."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, task.read_text().split())


def _signal(pid: int, how: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, how)
