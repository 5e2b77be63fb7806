"""The agent survives its own bugs: without it leases run out, and healthy jobs are rescued."""

import pytest

from jobs.engine.worker import agent
from jobs.engine.worker.state import WorkerState
from jobs.models import Worker
from tests.support.polling import wait_until


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_a_fault_of_the_agent_is_logged_and_it_goes_on(monkeypatch, caplog):
    looks = []

    def fail_at_first(holders):
        looks.append(holders)
        if len(looks) == 1:
            raise RuntimeError("a fault")
        return []

    monkeypatch.setattr(agent, "crashed_attempts", fail_at_first)
    thread = agent.Agent(WorkerState(), 1, ["default"])
    thread.start()
    try:
        wait_until(lambda: len(looks) > 1, 10)
    finally:
        thread.stop()
    assert not thread.is_alive()
    assert "the agent failed, and goes on" in caplog.text
    assert not Worker.objects.exists()
