"""`manage.py local`: another command with the settings and servers of this machine."""

import os
import subprocess
import sys

from backoffice.local.home import PROJECT
from tests.backoffice.local.test_up import SETTINGS

SHOWS = "from django.db import connection as c; print(c.cursor().execute('SELECT 1') or c.vendor)"


def local(directory, *arguments):
    env = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    command = [sys.executable, "manage.py", "local", "--directory", str(directory), *arguments]
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=90)


def test_a_command_runs_without_any_setting_on_servers_of_its_own(home):
    done = local(home, "shell", "--no-imports", "-c", SHOWS)
    assert done.stdout.strip() == "postgresql", done.stderr


def test_a_command_uses_the_servers_that_run(home, hold):
    url = hold(home).said()["urls"]["DATABASE_URL"]
    shows = "from django.conf import settings; print(settings.DATABASES['default']['PORT'])"
    done = local(home, "shell", "--no-imports", "-c", shows)
    assert f":{done.stdout.strip()}/" in url, done.stderr


def test_the_exit_code_is_that_of_the_command(home):
    done = local(home, "cancel_job", "no-id")
    assert done.returncode == 2
    assert done.stderr.strip().endswith("invalid UUID value: 'no-id'")
