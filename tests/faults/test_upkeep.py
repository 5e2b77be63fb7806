"""Upkeep killed, frozen, or started twice: another takes over, and nothing is done twice."""

import json
import re
import signal
import time

import pytest

from tests.faults.stack import LEASE_SECONDS, SILENCE_SEEN_WITHIN, wait_until

LEADER = "SELECT pid FROM jobs_upkeepstate WHERE heartbeat_at > now() - %s * interval '1 second'"


def leads(stack, upkeep):
    return stack.sql(LEADER, LEASE_SECONDS) == [(upkeep.process.pid,)]


@pytest.mark.long
def test_of_two_upkeeps_one_leads_and_the_other_takes_over(stack):
    first = stack.upkeep()
    wait_until(lambda: leads(stack, first), 20)
    second = stack.upkeep()
    time.sleep(3)  # it has long started by then, and tried to lead
    assert leads(stack, first)
    first.process.kill()
    wait_until(lambda: leads(stack, second), 10)


@pytest.mark.lease
def test_a_dead_upkeep_is_noticed_by_the_health_page_and_the_home_page(stack, staff, within):
    def health():
        return json.loads(staff.get("/healthz").text)["checks"]["upkeep"]

    def home_complains():
        page = staff.get("/admin/").text
        return bool(re.search("last heartbeat of upkeep was|Upkeep has not run yet", page))

    upkeep = stack.upkeep()
    wait_until(lambda: health() == "ok" and not home_complains(), 20)
    upkeep.process.kill()
    clock = within("upkeep dead: health page and home say so", SILENCE_SEEN_WITHIN)
    clock.until(lambda: "sent no heartbeat" in health() and home_complains(), health)
    assert staff.get("/healthz").status == 503
    stack.upkeep()
    wait_until(lambda: health() == "ok" and not home_complains(), 20)


@pytest.mark.long
@pytest.mark.lease
def test_a_frozen_upkeep_is_replaced_and_changes_nothing_when_it_wakes(stack, within):
    frozen = stack.upkeep()
    wait_until(lambda: leads(stack, frozen), 20)
    spare = stack.upkeep()
    frozen.process.send_signal(signal.SIGSTOP)
    within("upkeep frozen: another takes over", LEASE_SECONDS + 10).until(
        lambda: leads(stack, spare)
    )
    stack.client.batch(20)
    with stack.redis() as broker:
        broker.flushall()
    frozen.process.send_signal(signal.SIGCONT)
    stack.worker()
    stack.drain()
    assert leads(stack, spare)
    assert frozen.process.poll() is None
    assert stack.sql("SELECT DISTINCT publishes FROM jobs_job") == [(2,)]
