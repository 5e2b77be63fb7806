"""Only a worker has a worker's state: importing the web application makes none of it."""

import subprocess
import sys

from backoffice.local.home import PROJECT

PROBE = """
import os, sys

hooked = []
register = os.register_at_fork

def note(**hooks):
    hooked.append(sys._getframe(1).f_globals["__name__"])
    register(**hooks)

os.register_at_fork = note

import backoffice.wsgi
from jobs.engine.app import app

app.backend, app.tasks  # what publishing a job uses
print([name for name in hooked if name.startswith("jobs")])
print([name for name in sys.modules if name.startswith("jobs.engine.worker.")])
"""


def test_importing_the_web_application_loads_no_part_of_a_worker_and_registers_no_fork_hook():
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    assert ran.stdout.splitlines() == ["[]", "[]"], ran.stderr
