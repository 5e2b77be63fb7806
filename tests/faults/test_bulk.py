"""Bulk actions while business jobs fill every slot."""

import re

import pytest

from tests.faults.stack import wait_until

LIST = "/admin/jobs/job/"
JOBS = 130
SLOTS = 2


def hidden(page):
    """The hidden inputs of the question."""
    question = page.text.split('class="panel narrow"')[1]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', question))


def cancel_all(staff, query, ticked):
    """Choose all that match, of which `ticked` is one, and confirm; the question and the answer."""
    question = staff.post(
        f"{LIST}{query}", action="cancel", _selected_action=ticked, select_across="1"
    )
    assert question.status == 200
    return question, staff.post(f"{LIST}{query}", **hidden(question))


@pytest.fixture
def busy(stack):
    """Two slots that run jobs of a minute, and many more that wait for them."""
    stack.worker(SLOTS)
    ids = stack.client.batch(JOBS, "steady", seconds=60)
    running = "SELECT count(*) FROM jobs_job WHERE status = 'PROCESSING'"
    wait_until(lambda: stack.sql(running) == [(SLOTS,)], 30)
    return ids


def counts(stack):
    return dict(
        stack.sql("SELECT status, count(*) FROM jobs_job WHERE type = 'steady' GROUP BY status")
    )


def test_cancel_many_reaches_every_job_although_no_slot_is_free(stack, staff, busy, within):
    stack.maintenance()
    question, answer = cancel_all(staff, "?type=steady", busy[0])
    assert f"Cancel {JOBS} jobs?" in question.text
    assert counts(stack).get("PENDING", 0) == 0
    assert answer.seconds < 10
    within("bulk cancel of running jobs, every slot being busy", 10).until(
        lambda: counts(stack) == {"CANCELLED": JOBS}
    )
    [(bulk_job,)] = stack.sql("SELECT id FROM jobs_job WHERE type = 'bulk_cancel'")
    stack.wait_for(bulk_job, "COMPLETED")
    [(result,)] = stack.sql("SELECT result FROM jobs_job WHERE id = %s", bulk_job)
    assert result == {"cancelled": JOBS - SLOTS, "asked_to_stop": SLOTS, "skipped": 0, "failed": 0}
