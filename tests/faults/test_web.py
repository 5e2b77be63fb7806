"""The web server killed, and its admin without Redis or PostgreSQL."""

import contextlib
import http.client
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2
import pytest

from tests.faults.failpoint import DYING
from tests.faults.stack import REPUBLISHED_WITHIN, wait_until


def log_entries(stack):
    return stack.sql("SELECT count(*) FROM django_admin_log")


def test_a_web_server_killed_between_commit_and_publish_loses_nothing(stack, within):
    stack.upkeep()
    wait_until(
        lambda: stack.sql(
            "SELECT 1 FROM jobs_upkeepstate WHERE heartbeat_at > now() - interval '1 s'"
        ),
        20,
    )
    clock = within("web killed between commit and publish: published by upkeep", REPUBLISHED_WITHIN)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        stack.client.submit(name=DYING)
    [(job_id, status, publishes)] = stack.sql("SELECT id::text, status, publishes FROM jobs_job")
    assert (status, publishes) == ("PENDING", 1)
    with stack.redis() as broker:
        assert broker.llen("default") == 0
    clock.until(lambda: stack.job(job_id)["publishes"] == 2)
    wait_until(lambda: stack.client.ask("GET", "/livez").status == 200, 10)
    stack.worker()
    assert stack.wait_for(job_id, "COMPLETED", "FAILED")["status"] == "COMPLETED"
    assert stack.sql("SELECT count(*) FROM effect WHERE job_id = %s", job_id) == [(1,)]


def test_submissions_whose_sessions_are_ended_are_stored_once_or_refused(stack):
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'backoffice web'"
    )
    ended = 0
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(stack.client.submit, name=f"cut {n}") for n in range(300)]
        while not all(answer.done() for answer in answers):
            ended += len(stack.sql(cut))
            time.sleep(0.03)
    statuses = {answer.result().status for answer in answers}
    assert ended > 10
    assert 201 in statuses <= {201, 503, 504}
    twice = "SELECT name FROM jobs_job GROUP BY name HAVING count(*) > 1"
    assert stack.sql(twice) == []
    stack.worker()
    stack.upkeep()
    stack.drain()


@pytest.mark.parametrize("how", [pytest.param("stopped", marks=pytest.mark.long), "hung"])
def test_a_launch_in_the_admin_without_redis_keeps_what_was_typed(stack, staff, within, how):
    before = log_entries(stack)
    if how == "stopped":
        stack.broker.stop()
    else:
        stack.broker.process.send_signal(signal.SIGSTOP)
    page = staff.launch("steady", "A name to keep", seconds="0.25")
    within(f"Redis {how}: the launch form again, with a message", 1.5).saw(page.seconds)
    assert (page.status, page.path) == (200, "/admin/jobs/job/launch/steady/")
    assert 'class="error"' in page.text
    assert "nothing was launched" in page.text
    assert 'value="A name to keep"' in page.text
    assert 'value="0.25"' in page.text
    assert stack.sql("SELECT count(*) FROM jobs_job") == [(0,)]
    assert log_entries(stack) == before
    assert staff.get("/admin/jobs/job/").status == 200

    if how == "stopped":
        stack.broker.start()
    else:
        stack.broker.process.send_signal(signal.SIGCONT)
    wait_until(
        lambda: "is launched" in staff.launch("steady", "A name to keep", seconds="0.25").text, 15
    )
    assert log_entries(stack) == [(before[0][0] + 1,)]
    stack.worker()
    stack.drain()
    assert stack.sql("SELECT name, status FROM jobs_job") == [("A name to keep", "COMPLETED")]


@contextlib.contextmanager
def crowd(stack):
    """Fill all connections of PostgreSQL with idle sessions; others are ended first."""

    def fill():
        with contextlib.suppress(psycopg2.OperationalError):
            while True:
                idle.append(psycopg2.connect(stack.urls["DATABASE_URL"], application_name="crowd"))
                idle[-1].autocommit = True

    idle = []
    fill()
    with idle[0].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND application_name <> 'crowd'"
        )
    time.sleep(0.1)
    fill()
    try:
        yield
    finally:
        for connection in idle:
            connection.close()


@pytest.mark.long
def test_a_postgresql_without_free_connections_refuses_everywhere_and_loses_nothing(
    stack, staff, within
):
    stack.upkeep()
    stack.worker()
    stack.client.batch(20, "slow", seconds=0.3)
    with crowd(stack):
        submits = [stack.client.submit() for _ in range(5)]
        lists = stack.client.ask("GET", "/api/v1/jobs/")
        pages = [
            staff.get(path)
            for path in ("/admin/", "/admin/jobs/job/", "/admin/jobs/job/launch/quick/")
        ]
        launched = staff.launch("quick", "Nobody can store this")
        assert stack.client.ask("GET", "/readyz").status == 503
    assert {answer.status for answer in [*submits, lists, *pages, launched]} == {503}
    assert all(answer.headers["Retry-After"] for answer in [*submits, lists])
    active = "SELECT count(*) FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')"
    clock = within("PostgreSQL out of connections: everything waiting is done", 45)
    clock.until(lambda: stack.sql(active) == [(0,)])
    assert stack.sql("SELECT count(*) FROM jobs_job") == [(20,)]
