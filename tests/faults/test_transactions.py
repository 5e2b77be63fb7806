"""Jobs submitted in a transaction of the caller, whose process is killed after its commit."""

import subprocess
import sys

from backoffice.local.home import PROJECT

KILLS = 20
# Commits one job in each child, which dies before it can publish: its own callback comes first.
COMMIT_AND_DIE = """
import os, signal, sys
import django
django.setup()
from django.contrib.auth.models import Group
from django.db import connections, transaction
from jobs import services

connections.close_all()
for number in range(int(sys.argv[1])):
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    with transaction.atomic():
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        services.submit(services.code_caller(), type="quick", name=f"Order {number}")
        Group.objects.create(name=f"Group {number}")
"""
COMMIT = """
import django
django.setup()
from django.db import transaction
from jobs import services

with transaction.atomic():
    services.submit(services.code_caller(), type="quick")
"""


def script(stack, text, *arguments):
    command = [sys.executable, "-c", text, *arguments]
    return subprocess.run(command, cwd=PROJECT, env=stack.env, check=True, timeout=120)


def test_a_kill_between_commit_and_publish_runs_each_job_once(stack):
    script(stack, COMMIT_AND_DIE, str(KILLS))
    assert stack.sql("SELECT count(*) FROM auth_group WHERE name LIKE 'Group %'") == [(KILLS,)]
    with stack.redis() as broker:
        assert broker.llen("default") == 0
    stack.worker()
    stack.upkeep()
    stack.drain()
    runs = stack.sql("SELECT job_id, count(*) FROM effect GROUP BY job_id")
    assert [count for _, count in runs] == [1] * KILLS
    stack.sql("DELETE FROM auth_group WHERE name LIKE 'Group %'")


def test_a_commit_while_redis_is_stopped_is_run_after_its_return(stack, within):
    stack.worker()
    stack.upkeep()
    stack.broker.stop()
    script(stack, COMMIT)
    assert stack.sql("SELECT status FROM jobs_job") == [("PENDING",)]
    stack.broker.start()
    clock = within("Redis stopped at a commit: the job runs after its return", 60)
    clock.until(lambda: stack.sql("SELECT count(*) FROM effect") == [(1,)])
