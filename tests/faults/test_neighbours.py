"""A project's own Celery app, with the same Redis, database and names of queues."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from backoffice.local.home import PROJECT
from backoffice.local.programs import Program
from tests.faults import stack as stacks
from tests.faults.stack import RESCUED_WITHIN, Stack, wait_until

# Not in the project's package: its app would become Celery's current one in this process.
TABLE = "CREATE TABLE IF NOT EXISTS neighbour_run (name text, task_id text, worker text)"
MAIL = "tests.faults.neighbour.tasks.mail"
REFUSED = "jobs:default:refused"
CALL = """
import sys
import django
django.setup()
from tests.faults.neighbour.tasks import mail, urgent
for number in range(int(sys.argv[2])):
    [mail, urgent][number % 2].delay(f"{sys.argv[1]} {number}")
"""
SHOW = """
import json
import django
django.setup()
from celery import current_app, shared_task
from jobs.engine import broker
from jobs.engine.app import app
names = ["task_serializer", "task_acks_late", "task_track_started", "worker_prefetch_multiplier",
    "result_backend", "task_routes", "broker_transport_options"]
for one in (current_app, app):
    print(json.dumps([one.main, *(one.conf[name] for name in names)]))
"""


@pytest.fixture(scope="module")
def one_stack(tmp_path_factory) -> Iterator[Stack]:
    """The stack of a project with an app of its own."""
    home = tmp_path_factory.mktemp("neighbours")
    with stacks.running(home, settings="tests.faults.neighbour.settings") as stack:
        stack.sql(TABLE)
        yield stack


@pytest.fixture(autouse=True)
def clean(stack) -> Iterator[None]:
    """Forget the project's tasks and results, which the invariants of jobs do not know."""
    for log in stack.home.glob("worker-*.log"):
        log.unlink()
    yield
    stack.sql("TRUNCATE neighbour_run")
    stack.sql("DELETE FROM django_celery_results_taskresult WHERE task_name LIKE 'tests.%'")


def neighbour(stack: Stack) -> Program:
    """The project's own worker, which takes its own queues."""
    command = [sys.executable, "-m", "celery", "-A", "tests.faults.neighbour", "worker"]
    command += ["--concurrency=2", "--queues=default,maintenance", "--hostname=theirs@%h"]
    env = stack.env | {"C_FORCE_ROOT": "1"}  # pickle is refused to root, who runs tests in CI
    program = Program("neighbour", command, env=env, logs=stack.home)
    program.log.unlink(missing_ok=True)
    stack.start(program)
    wait_until(lambda: "ready." in program.log.read_text(), 60, program.log_tail)
    return program


def python(stack: Stack, code: str, *arguments: str) -> "subprocess.Popen[str]":
    """A process of the project that runs `code`."""
    command = [sys.executable, "-c", code, *arguments]
    pipes = {"stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=PROJECT, env=stack.env, **pipes)


def printed(process: "subprocess.Popen[str]") -> str:
    """What a process that succeeds has printed."""
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return text


def runs(stack: Stack) -> list[str]:
    """The names of the tasks that ran, once for each run."""
    return [name for (name,) in stack.sql("SELECT name FROM neighbour_run")]


def unfinished(stack: Stack) -> int:
    """How many results of the project's tasks are no success."""
    query = """SELECT count(*) FROM django_celery_results_taskresult
        WHERE task_name LIKE 'tests.%' AND status <> 'SUCCESS'"""
    [(count,)] = stack.sql(query)
    return count


def test_both_run_under_load_and_neither_takes_what_is_the_others(stack):
    theirs, ours = neighbour(stack), stack.worker()
    calls = python(stack, CALL, "load", "300")
    stack.client.batch(300)
    for _ in range(50):
        stack.client.submit()
    printed(calls)
    stack.drain()
    expected = sorted(f"load {number}" for number in range(300))
    wait_until(lambda: len(runs(stack)) >= 300, 60, lambda: len(runs(stack)))
    wait_until(lambda: unfinished(stack) == 0, 10)
    assert sorted(runs(stack)) == expected
    assert stack.sql("SELECT status, count(*) FROM jobs_job GROUP BY status") == [
        ("COMPLETED", 350)
    ]
    assert stack.sql("SELECT max(publishes) FROM jobs_job") == [(1,)]
    for log in (theirs.log.read_text(), ours.log.read_text()):
        assert "unregistered" not in log
        assert "is no job's" not in log
        assert "sync with" not in log, "the workers know nothing of each other"
    with stack.redis() as redis:
        assert not redis.exists(REFUSED)


def test_a_worker_of_ours_that_is_killed_takes_nothing_of_theirs_with_it(stack):
    theirs, ours = neighbour(stack), stack.worker()
    stack.upkeep()
    lost = stack.running("twice", seconds=2)
    calls = python(stack, CALL, "killed", "200")
    stack.client.batch(100)
    ours.process.kill()
    ours.process.wait()
    printed(calls)
    stack.worker(number=2)
    stack.wait_for(lost, "COMPLETED", seconds=RESCUED_WITHIN + 5)
    wait_until(lambda: len(runs(stack)) >= 200, 60, lambda: len(runs(stack)))
    assert sorted(runs(stack)) == sorted(f"killed {number}" for number in range(200))
    assert theirs.process.poll() is None
    assert "ERROR" not in theirs.log.read_text()


def test_a_worker_of_theirs_that_is_killed_takes_no_job_with_it(stack):
    theirs, ours = neighbour(stack), stack.worker()
    jobs = stack.client.batch(20, "steady", seconds=0.1)
    theirs.process.kill()
    theirs.process.wait()
    stack.drain()
    assert stack.sql("SELECT max(attempt), count(*) FROM jobs_job") == [(1, len(jobs))]
    assert ours.process.poll() is None


def test_tasks_that_a_handler_calls_go_to_the_projects_own_worker(stack):
    neighbour(stack)
    stack.worker()
    job_id = stack.client.submit("caller", called="called").body["id"]
    stack.wait_for(job_id, "COMPLETED")
    expected = ["called by a thread", "called by the handler", "called urgently"]
    wait_until(lambda: sorted(runs(stack)) == expected, 20, lambda: runs(stack))
    found = stack.sql("SELECT DISTINCT worker LIKE 'theirs@%' FROM neighbour_run")
    assert found == [(True,)]
    result = stack.sql("SELECT result FROM jobs_job WHERE id = %s", job_id)
    assert result == [({"current app": "neighbour"},)]


def test_a_task_of_theirs_in_a_queue_of_ours_is_refused_and_can_be_put_back(stack):
    neighbour(stack)
    ours = stack.worker()
    ours_log = ours.log
    misrouted = 'mail.apply_async(["misrouted"], queue="jobs:default")'
    code = CALL.split("for number")[0] + misrouted
    printed(python(stack, code))
    with stack.redis() as redis:
        wait_until(lambda: redis.llen(REFUSED) == 1, 20)
        assert json.loads(redis.lindex(REFUSED, 0))["headers"]["task"] == MAIL
        said = "a message in queue default is no job's, and is dropped into the list"
        assert f"{said} {REFUSED}" in ours_log.read_text()
        assert runs(stack) == []
        redis.lmove(REFUSED, "default", "RIGHT", "LEFT")  # as docs/operations.md says
    wait_until(lambda: runs(stack) == ["misrouted"], 20, lambda: runs(stack))


def test_the_settings_of_each_app_are_its_own(stack):
    theirs, ours = map(json.loads, printed(python(stack, SHOW)).splitlines())
    routes = {"tests.faults.neighbour.tasks.urgent": {"queue": "maintenance"}}
    assert theirs == ["neighbour", "pickle", True, True, 4, "django-db", routes, {}]
    assert ours[:5] == ["jobs", "json", False, False, 1]
    assert ours[6:] == [None, ours[7]]
    assert ours[7]["global_keyprefix"] == "jobs:"
