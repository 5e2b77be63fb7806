"""A whole Backoffice on this machine: what starts, in which order, and how tools find it."""

import contextlib
import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backoffice.local import programs, servers
from backoffice.local.home import PROJECT, exclusive, password, write_private
from backoffice.local.processes import Unavailable, run
from backoffice.local.programs import Program
from backoffice.local.servers import Servers
from backoffice.local.supervisor import Child, Supervisor

STAFF_USER = "local-admin"
WEB_SECONDS = 60  # for the first answer, on a busy machine


@dataclass(frozen=True, kw_only=True)
class Options:
    """What one may choose: where everything lies, the web port (0: any free one), how much runs."""

    directory: Path
    port: int
    workers: int
    concurrency: int


@dataclass(kw_only=True)
class Stack:
    """A running Backoffice."""

    directory: Path
    servers: Servers
    web: Program
    workers: list[Program]
    maintenance: Program
    upkeep: Program
    web_url: str
    token: str
    staff_password: str

    @property
    def programs(self) -> list[Program]:
        """Ours, without the servers."""
        return [self.web, *self.workers, self.maintenance, self.upkeep]

    def supervise(self) -> None:
        """Start again what dies, until interrupted."""
        children: list[Child] = [*self.servers.started.values(), *self.programs]
        supervisor = Supervisor(children, say=lambda sentence: print(sentence, flush=True))
        while True:
            if supervisor.look():
                self.announce()
            time.sleep(0.2)

    def announce(self) -> None:
        """Tell tools in run.json how to reach everything; only the owner of the servers does."""
        if self.servers.owned:
            write_private(self.directory / "run.json", json.dumps(self._description(), indent=2))

    def _description(self) -> dict[str, object]:
        children: list[Child] = [
            self.web,
            self.maintenance,
            self.upkeep,
            *self.servers.started.values(),
        ]
        pids: dict[str, object] = {
            child.name: child.process.pid for child in children if child.process
        }
        pids["workers"] = [worker.process.pid for worker in self.workers if worker.process]
        return {
            "web_url": self.web_url,
            "token": self.token,
            "staff_user": STAFF_USER,
            "staff_password": self.staff_password,
            "database_url": self.servers.urls["DATABASE_URL"],
            "redis_url": self.servers.urls["REDIS_URL"],
            "pids": pids,
        }


@contextlib.contextmanager
def running(options: Options, given: dict[str, str]) -> Iterator[Stack]:
    """Give a running Backoffice for the length of the block; `given` holds DATABASE_URL, REDIS_URL or none."""
    options.directory.mkdir(parents=True, exist_ok=True)
    with _listening(options.port) as door, servers.running(options.directory, given) as found:
        with exclusive(options.directory / "prepare.lock"):  # two at once would both migrate
            stack = _prepare(options, found, door)
        if found.owned:
            (options.directory / "run.json").unlink(missing_ok=True)  # of a killed run
        try:
            for program in stack.programs:
                program.start()
            _wait_for_web(stack)
            stack.announce()
            yield stack
        finally:
            if found.owned:
                (options.directory / "run.json").unlink(missing_ok=True)
            programs.stop([stack.web])  # nothing new comes in while the workers finish
            programs.stop([*stack.workers, stack.maintenance])
            programs.stop([stack.upkeep])


def fail_if_one_ended(*programs: Program) -> None:
    """Raises Unavailable, with the end of its log, when one of them does not run any more."""
    for program in programs:
        if program.process and program.process.poll() is not None:
            raise Unavailable(f"{program.name} does not run:\n{program.last_words()}")


def _listening(port: int) -> socket.socket:
    """The web server's socket, open as long as we live: a new web server finds the waiting requests."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=512)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise Unavailable(f"Port {port}: {reason}. Choose another with --port.") from None


def _prepare(options: Options, found: Servers, door: socket.socket) -> Stack:
    directory, logs = options.directory, options.directory / "log"
    logs.mkdir(exist_ok=True)
    env = programs.environment(directory, found)
    staff_password = password(directory / "staff.password")
    print("Preparing the database and the static files ...", flush=True)
    status, printed = run(
        [*programs.MANAGE, "prepare", STAFF_USER, str(directory)], cwd=PROJECT, env=env
    )
    if status:
        raise Unavailable(f"The database or the static files could not be prepared:\n{printed}")
    numbers = range(1, options.workers + 1)
    return Stack(
        directory=directory,
        servers=found,
        web=programs.web(env, logs, door),
        workers=[programs.worker(number, options.concurrency, env, logs) for number in numbers],
        maintenance=programs.maintenance(env, logs),
        upkeep=programs.upkeep(env, logs),
        web_url=f"http://127.0.0.1:{door.getsockname()[1]}",
        token=(directory / "token").read_text(),
        staff_password=staff_password,
    )


def _wait_for_web(stack: Stack) -> None:
    end = time.monotonic() + WEB_SECONDS
    while time.monotonic() < end:
        connection = http.client.HTTPConnection(stack.web_url.removeprefix("http://"), timeout=1)
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            contextlib.closing(connection),
        ):
            connection.request("GET", "/livez")
            connection.getresponse()
            return
        fail_if_one_ended(stack.web)
    raise Unavailable(f"The web server does not answer; {stack.web.log} says why.")
