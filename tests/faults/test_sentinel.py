"""Redis behind Sentinel: web, workers and upkeep follow a failover of the master."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from backoffice.local import servers
from backoffice.local.redis import Redis
from tests.faults.stack import Stack, wait_until
from tests.support.sentinels import PASSWORD, master_of, switch, watched

# A second until Sentinel believes that the master is gone, its election, and the next try.
TAKEN_AGAIN_WITHIN = 15.0


class SentinelStack(Stack):
    """A stack whose processes know the Sentinels alone."""

    ports: list[int]
    replica: Redis

    def redis(self, **options: Any) -> Any:
        """A client of the present master."""
        return master_of(self.ports, self.broker.password)

    def master(self) -> Redis | None:
        """The server that the Sentinels name; None during their election."""
        with contextlib.suppress(redis.RedisError), self.redis() as client:
            port = client.connection_pool.get_master_address()[1]
            return next(one for one in (self.broker, self.replica) if one.port == port)
        return None

    def heal(self) -> None:
        """Also start a replica that was killed, and wait until it follows."""
        if self.replica.process and self.replica.process.poll() is not None:
            self.replica.start()
        super().heal()
        for server in (self.broker, self.replica):
            with redis.Redis(port=server.port, password=server.password) as client:
                client.config_set("masterauth", server.password)
        wait_until(self.is_followed, 30)

    def is_followed(self) -> bool:
        """Whether the master has its replica."""
        with contextlib.suppress(redis.RedisError), self.redis() as client:
            found = client.info("replication")
            return bool(found["role"] == "master" and "online" in str(found.get("slave0")))
        return False


@pytest.fixture(scope="module")
def one_stack(tmp_path_factory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("sentinel")
    with servers.running_servers(home, {}, durable=False) as found:
        master = found.started["REDIS_URL"]
        assert isinstance(master, Redis)
        with watched(home, master) as (ports, replica):
            hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
            found.urls["REDIS_URL"] = f"sentinel://:{master.password}@{hosts}/0"
            SentinelStack.ports, SentinelStack.replica = ports, replica
            settings = "tests.faults.settings"
            stack = SentinelStack(home, found, settings, REDIS_SENTINEL_PASSWORD=PASSWORD)
            try:
                stack.heal()
                yield stack
            finally:
                stack.close()


class Load:
    """Submits jobs, one after the other, until told to end."""

    def __init__(self, stack: Stack) -> None:
        self.answers: list[tuple[float, int]] = []
        self._client = stack.client
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._submit)
        self._thread.start()

    def _submit(self) -> None:
        while not self._stop.is_set():
            answer = self._client.submit()
            self.answers.append((time.monotonic(), answer.status))
            time.sleep(0.05)

    def accepted_after(self, moment: float) -> float | None:
        """When a job was accepted after `moment`, and none refused since."""
        later = [(at, status) for at, status in self.answers if at > moment]
        refused = max((at for at, status in later if status != 201), default=moment)
        return next((at for at, _ in later if at > refused), None)

    def end(self) -> None:
        """Submit no more."""
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize("fault", ["killed", "switched"])
def test_after_a_failover_of_the_master_jobs_are_taken_and_run_again(stack, fault, within):
    workers = [stack.worker(), stack.worker(number=2)]
    stack.upkeep()
    old = stack.master()
    load = Load(stack)
    try:
        wait_until(lambda: len(load.answers) > 20, 30)
        clock = within(f"master of Sentinel {fault}: jobs are taken again", TAKEN_AGAIN_WITHIN)
        if fault == "killed":
            old.process.kill()
            old.process.wait()
        else:
            switch(stack.ports)
        wait_until(lambda: stack.master() not in (old, None), 30)
        changed_at = time.monotonic()
        wait_until(lambda: load.accepted_after(changed_at + 3) is not None, 30)
        clock.saw(load.accepted_after(clock.started_at) - clock.started_at)
    finally:
        load.end()
    assert {status for _, status in load.answers} <= {201, 503}
    stack.drain()
    assert [worker.process.poll() for worker in workers] == [None, None]
