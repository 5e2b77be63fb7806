"""The port of the web server stays open while a new main process takes it over."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.load import load
from tests.support.polling import wait_until
from tests.support.processes import Site, production, serving

pytestmark = pytest.mark.django_db(transaction=True)
HTTP = {"HTTPS": "false", "ALLOWED_HOSTS": "127.0.0.1", "TRUSTED_PROXY_COUNT": "0"}


def test_a_new_main_process_takes_the_port_over(tmp_path):
    with serving(tmp_path, **HTTP) as site, load(site.port) as found:
        wait_until(lambda: found["answered"] > 100)
        os.kill(site.process.pid, signal.SIGUSR2)
        log = site.log
        wait_until(lambda: log.read_text().count("Booting worker") == 2)
        more = found["answered"] + 100
        wait_until(lambda: found["answered"] > more)
        [new] = new_main_processes(site)
        os.kill(site.pid, signal.SIGTERM)
        site.process.wait(40)
        more = found["answered"] + 100
        wait_until(lambda: found["answered"] > more)
    os.kill(new, signal.SIGTERM)
    wait_until(lambda: not os.path.exists(f"/proc/{new}"))
    assert (found["broken"], found["refused"]) == ([], 0)


def new_main_processes(site: Site) -> list[int]:
    """The main processes that the first one made by SIGUSR2."""
    return [pid for pid in children(site.process.pid) if children(pid)]


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# What systemd does for a unit with a socket: the server finds it as its file descriptor 3.
WITH_SOCKET = """import os, sys
os.dup2(int(sys.argv[1]), 3)
os.set_inheritable(3, True)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execvp("gunicorn", ["gunicorn", "--config=python:backoffice.gunicorn"])"""


def test_a_restart_behind_a_socket_of_the_system_refuses_no_connection(tmp_path):
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=2048))
        log = stack.enter_context((tmp_path / "log").open("w"))

        def start():
            command = [sys.executable, "-c", WITH_SOCKET, str(listener.fileno())]
            one = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=production(**HTTP),
                stderr=log,
                pass_fds=[listener.fileno()],
            )
            stack.callback(one.wait, 30)
            stack.callback(one.terminate)
            return one

        first = start()
        with load(listener.getsockname()[1]) as found:
            wait_until(lambda: found["answered"] > 100)
            first.terminate()
            assert first.wait(30) == 0
            more = found["answered"] + 100
            start()
            wait_until(lambda: found["answered"] > more)
    assert (found["broken"], found["refused"]) == ([], 0)
