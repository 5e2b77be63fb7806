"""Starts and stops Backoffice on this machine, in order, and tells tools where it is."""

import contextlib
import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backoffice.local import programs
from backoffice.local.home import PROJECT, exclusive, password, write_private
from backoffice.local.processes import CannotRun, run_command
from backoffice.local.programs import Program
from backoffice.local.servers import Servers, running_servers
from backoffice.local.source_files import SourceFiles
from backoffice.local.supervisor import Child, Supervisor

STAFF_USER = "local-admin"
WEB_SECONDS = 60  # for the first answer, on a busy machine


@dataclass(frozen=True, kw_only=True)
class Options:
    """The choices of `manage.py up`; port 0 means any free one."""

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
        """All our processes, without PostgreSQL and Redis."""
        return [self.web, *self.workers, self.maintenance, self.upkeep]

    def supervise(self, sources: SourceFiles | None = None) -> None:
        """Restart processes that die, and all programs when a source changes, until interrupted."""
        supervisor = self._supervisor()
        while True:
            if sources and (file := sources.changed()):
                _say(f"{file} has changed: web, workers and upkeep restart.")
                programs.stop_programs(self.programs)
                for program in self.programs:
                    program.start()
                supervisor = self._supervisor()
                self.announce()
            elif supervisor.look():
                self.announce()
            time.sleep(0.2)

    def _supervisor(self) -> Supervisor:
        children: list[Child] = [*self.servers.started.values(), *self.programs]
        return Supervisor(children, say=_say)

    def announce(self) -> None:
        """Write run.json, which tells tools how to reach everything, if we own the servers."""
        if self.servers.owned:
            write_private(self.directory / "run.json", json.dumps(self._description(), indent=2))

    def _description(self) -> dict[str, object]:
        started = self.servers.started.values()
        single: list[Child] = [self.web, self.maintenance, self.upkeep, *started]
        pids: dict[str, object] = {one.name: one.process.pid for one in single if one.process}
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
def running_stack(options: Options, given: dict[str, str]) -> Iterator[Stack]:
    """Run Backoffice during the block; `given` may hold DATABASE_URL and REDIS_URL."""
    directory = options.directory
    directory.mkdir(parents=True, exist_ok=True)
    with _listen(options.port) as listener, running_servers(directory, given) as found:
        with exclusive(directory / "prepare.lock"):  # two at once would both migrate
            stack = _prepare(options, found, listener)
        if found.owned:
            (directory / "run.json").unlink(missing_ok=True)  # of a killed run
        try:
            for program in stack.programs:
                program.start()
            _wait_for_web(stack)
            stack.announce()
            yield stack
        finally:
            if found.owned:
                (directory / "run.json").unlink(missing_ok=True)
            programs.stop_programs([stack.web])  # no new requests while the workers finish
            programs.stop_programs([*stack.workers, stack.maintenance])
            programs.stop_programs([stack.upkeep])


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def fail_if_one_ended(*programs: Program) -> None:
    """Raise CannotRun, with the end of its log, if one of the programs has ended."""
    for program in programs:
        if program.process and program.process.poll() is not None:
            raise CannotRun(f"{program.name} does not run:\n{program.log_tail()}")


def _listen(port: int) -> socket.socket:
    """Open the web server's socket, which outlives a restart of it with the waiting requests."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=512)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise CannotRun(f"Port {port}: {reason}. Choose another with --port.") from None


def _prepare(options: Options, found: Servers, listener: socket.socket) -> Stack:
    directory, logs = options.directory, options.directory / "log"
    logs.mkdir(exist_ok=True)
    env = programs.environment(directory, found)
    staff_password = password(directory / "staff.password")
    print("Preparing the database and the static files ...", flush=True)
    command = [*programs.MANAGE, "prepare", STAFF_USER, str(directory)]
    status, printed = run_command(command, cwd=PROJECT, env=env)
    if status:
        raise CannotRun(f"The database or the static files could not be prepared:\n{printed}")
    numbers = range(1, options.workers + 1)
    return Stack(
        directory=directory,
        servers=found,
        web=programs.web(env, logs, listener),
        workers=[programs.worker(number, options.concurrency, env, logs) for number in numbers],
        maintenance=programs.maintenance(env, logs),
        upkeep=programs.upkeep(env, logs),
        web_url=f"http://127.0.0.1:{listener.getsockname()[1]}",
        token=(directory / "token").read_text(),
        staff_password=staff_password,
    )


def _wait_for_web(stack: Stack) -> None:
    end = time.monotonic() + WEB_SECONDS
    silent = (OSError, http.client.HTTPException)
    while time.monotonic() < end:
        connection = http.client.HTTPConnection(stack.web_url.removeprefix("http://"), timeout=1)
        with contextlib.suppress(*silent), contextlib.closing(connection):
            connection.request("GET", "/livez")
            connection.getresponse()
            return
        fail_if_one_ended(stack.web)
    raise CannotRun(f"The web server does not answer; {stack.web.log} says why.")
