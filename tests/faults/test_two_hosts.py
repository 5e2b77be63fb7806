"""Two hosts without a shared disk, TLS everywhere: failovers and a partition under load."""

import signal
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest

from backoffice.local.home import DEFAULT, reachable
from tests.chaos.load import UNANSWERED, Caller
from tests.faults import two_hosts
from tests.faults.invariants import violations
from tests.faults.stack import wait_until
from tests.faults.two_hosts import LEASE_SECONDS, TwoHosts
from tests.support.network import network

pytestmark = pytest.mark.long
CALLERS_OF_EACH = 2
REDIS_WITHIN = 15.0
# The standby is promoted at once; then each connection is replaced. Where a host is lost without a
# word, a process waits 17 s for its answer.
POSTGRESQL_WITHIN = {"killed": 30.0, "lost with its host": 45.0}
REFUSED = (UNANSWERED, 503, 504)
CALM_SECONDS = 3.0


class TimedCaller(Caller):
    """A client that notes when it was answered what."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answers: list[tuple[float, int]] = []

    def _ask(self, path: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
        status, answer = super()._ask(path, body, **headers)
        self.answers.append((time.monotonic(), status))
        return status, answer


class Load:
    """Clients of both hosts, as external systems are, until `end`."""

    _numbers = count(1)

    def __init__(self, site: TwoHosts) -> None:
        one = next(self._numbers)  # names and keys of jobs begin with it
        self.callers = [
            TimedCaller(host.new_client(), f"{one}{name}{number}")
            for name, host in site.hosts.items()
            for number in range(CALLERS_OF_EACH)
        ]
        for caller in self.callers:
            caller.start()
        wait_until(lambda: all(len(one.client.accepted) > 3 for one in self.callers), 120)

    def taken_again_at(self, fault_at: float) -> float | None:
        """When the last client was answered again without a refusal since; None before that."""
        found = [_healed_at(caller.answers, fault_at) for caller in self.callers]
        return None if None in found else max(one for one in found if one is not None)

    def end(self) -> None:
        """Submit no more."""
        for caller in self.callers:
            caller.stopped.set()
        for caller in self.callers:
            caller.join(60)

    def faults(self, site: TwoHosts) -> list[str]:
        """What was promised and does not hold; all jobs must be settled."""
        clients = [caller.client for caller in self.callers]
        wrong = [line for caller in self.callers for line in caller.wrong]
        return [*wrong, *violations(site, *clients)]


def _healed_at(answers: list[tuple[float, int]], fault_at: float) -> float | None:
    later = [(at, status) for at, status in answers if at > fault_at]
    refused = max((at for at, status in later if status in REFUSED), default=fault_at)
    good = [at for at, status in later if at > refused]
    return good[0] if good and good[-1] - good[0] > CALM_SECONDS else None


@pytest.fixture(scope="module")
def site():
    with (
        network() as net,
        TemporaryDirectory(dir=reachable(DEFAULT), prefix="tests-") as home,
    ):
        Path(home).chmod(0o711)  # for the account of PostgreSQL
        with two_hosts.running(Path(home), net) as running:
            yield running


@pytest.fixture
def load(site):
    """Submissions to both hosts; at the end of the test every promise must hold."""
    running = Load(site)
    yield running
    running.end()
    site.drain()
    assert running.faults(site) == []
    for name, host in site.hosts.items():
        assert host.exit_codes() == [None] * 3, name


def test_a_host_that_is_cut_off_loses_its_jobs_to_the_other_one(site, within):
    leader = site.leading_upkeep()
    cut, other = sorted(site.hosts.values(), key=lambda host: host.upkeep.process.pid != leader)
    for kind, seconds in (("stubborn", 2 * LEASE_SECONDS), ("steady", 5 * LEASE_SECONDS)) * 2:
        assert other.client.submit(kind, seconds=seconds).status == 201
    wait_until(lambda: len(site.running_on(cut)) == len(site.running_on(other)) == 2, 30)
    lost = site.running_on(cut)
    cut.host.unplug()
    try:
        clock = within("a host is cut off: its jobs are rescued", 2 * LEASE_SECONDS + 5)
        clock.until(lambda: not set(lost) & set(site.running_on(cut)))
        assert site.leading_upkeep() == other.upkeep.process.pid
        assert other.client.submit("quick").status == 201
    finally:
        cut.host.plug()
    site.drain()
    for job_id in lost:
        [found] = site.sql(
            "SELECT type, status, attempt, error_code FROM jobs_job WHERE id = %s", job_id
        )
        again = ("stubborn", "COMPLETED", 2, ""), ("steady", "FAILED", 1, "worker_lost")
        assert found in again
    wait_until(lambda: site.takes_jobs(cut), 60)
    site.drain()
    assert violations(site, cut.client, other.client) == []
    assert cut.exit_codes() == other.exit_codes() == [None] * 3


def test_redis_fails_over_under_load(site, load, within):
    old = site.master()
    clock = within("two hosts, Redis fails over: jobs are taken again", REDIS_WITHIN)
    old.process.kill()
    old.process.wait()
    wait_until(lambda: load.taken_again_at(clock.started_at) is not None, 60)
    clock.saw(load.taken_again_at(clock.started_at) - clock.started_at)
    old.start()  # it follows the new master from now on


@pytest.mark.parametrize(("fault", "bound"), POSTGRESQL_WITHIN.items())
def test_postgresql_fails_over_under_load(site, load, within, fault, bound):
    clock = within(f"two hosts, PostgreSQL {fault}: jobs are taken again", bound)
    if fault == "killed":
        site.primary.process.kill()
    else:
        site.network.lose(site.primary.address)
        site.primary.process.send_signal(signal.SIGSTOP)
    site.standby.promote()
    wait_until(lambda: load.taken_again_at(clock.started_at) is not None, 90)
    clock.saw(load.taken_again_at(clock.started_at) - clock.started_at)
    site.follow_again()


def test_a_file_that_one_host_saved_is_read_on_both(site):
    answer = site.hosts["a"].client.submit("stubborn", seconds=0)
    site.drain()
    [name] = site.sql("SELECT name FROM jobs_jobfile WHERE job_id = %s", answer.body["id"])[0]
    path = f"/api/v1/jobs/{answer.body['id']}/files/{quote(name)}"
    for host in site.hosts.values():
        assert host.download(path) == b"bytes"


def test_no_process_of_a_host_reaches_postgresql_without_tls(site):
    found = site.sql(
        """SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name LIKE 'backoffice %'"""
    )
    assert found == [(True,)]
