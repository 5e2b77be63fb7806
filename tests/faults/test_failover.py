"""PostgreSQL takes no writes for a while: 503, no outcome lost, no connection left on a standby."""

import threading
import time

import pytest

from backoffice.local.stack import STAFF_USER
from tests.faults.invariants import violations
from tests.faults.stack import wait_until
from tests.faults.staff import Staff

READ_ONLY_SECONDS = 4
# As a failover leaves them, connections stay read-only for ever; maintenance takes all of them into
# it and out of it.
WAYS = {"failover": ("fail_over", "promote"), "maintenance": ("refuse_writes", "take_writes")}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def change(request, stack):
    """Two functions: make PostgreSQL read-only, make it writable again."""
    begin, end = (getattr(stack, name) for name in request.param)
    return begin, end


def test_a_read_only_postgresql_answers_503_and_loses_no_outcome(stack, change, within):
    begin, end = change
    stack.upkeep()
    stack.worker()
    job_id = stack.client.submit("steady", seconds=3).body["id"]
    wait_until(lambda: stack.job(job_id)["progress_percent"], 10)
    begin()
    answers = [stack.client.submit() for _ in range(16)]  # each thread of the site meets it
    assert {(one.status, one.body["code"], one.headers["Retry-After"]) for one in answers} == {
        (503, "database_unavailable", "5")
    }
    assert "takes no changes" in answers[0].body["detail"]
    assert stack.client.ask("GET", f"/api/v1/jobs/{job_id}/").status == 200
    assert stack.client.ask("GET", "/readyz").status == 503
    time.sleep(READ_ONLY_SECONDS)
    end()
    clock = within("PostgreSQL read-only for 4 s: a finished job settles", 15)
    clock.until(lambda: stack.job(job_id)["status"] in ("COMPLETED", "FAILED"))
    assert (stack.job(job_id)["status"], stack.job(job_id)["attempt"]) == ("COMPLETED", 1)
    answers = [stack.client.submit() for _ in range(50)]
    assert {one.status for one in answers} == {201}
    assert stack.client.ask("GET", "/readyz").status == 200


def test_the_admin_says_that_nothing_was_launched_while_postgresql_takes_no_writes(
    stack, staff, change
):
    begin, end = change
    begin()
    try:
        launched = staff.launch("quick", "refused")
        signing_in = Staff(stack.client.address)
        signing_in.get("/admin/login/")
        signed_in = signing_in.post("/admin/login/", username=STAFF_USER, password="wrong")
    finally:
        end()
    assert "nothing was launched" in launched.text
    assert (signed_in.status, "takes no changes now" in signed_in.text) == (503, True)
    assert not stack.sql("SELECT FROM jobs_job WHERE name = 'refused'")


@pytest.mark.long
def test_jobs_and_submits_survive_a_postgresql_that_takes_no_writes_for_a_while(stack, change):
    begin, end = change
    stack.upkeep()
    stack.worker()
    clients = [stack.new_client() for _ in range(4)]
    stopped = threading.Event()

    def hammer(client):
        while not stopped.is_set():
            client.submit()

    threads = [threading.Thread(target=hammer, args=[client]) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(2)
    begin()
    time.sleep(READ_ONLY_SECONDS)
    end()
    time.sleep(3)
    stopped.set()
    for thread in threads:
        thread.join()
    stack.drain(60)
    assert violations(stack, *clients) == []
    assert stack.sql("SELECT count(*) FROM jobs_job WHERE error_code = 'worker_lost'") == [(0,)]
