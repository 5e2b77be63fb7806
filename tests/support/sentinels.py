"""Three Redis Sentinels, which watch a Redis and its replica."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import redis

from backoffice.local.processes import free_port, spawn, stop_process
from backoffice.local.redis import Redis

PASSWORD = "of the sentinels"
DOWN_AFTER_SECONDS = 1


class Replica(Redis):
    """A Redis that follows another."""

    def __init__(self, home: Path, master: Redis) -> None:
        home.mkdir()
        super().__init__(home, durable=False)
        self.password = master.password
        self._master = master

    def _configuration(self, port: int) -> str:
        return f"""{super()._configuration(port)}
            masterauth {self.password}
            replicaof 127.0.0.1 {self._master.port}
        """


@contextlib.contextmanager
def watched(home: Path, master: Redis) -> Iterator[tuple[list[int], Redis]]:
    """Run a replica and three Sentinels in the block; gives their ports, and the replica."""
    replica = Replica(home / "replica", master)
    replica.start()
    ports = [free_port() for _ in range(3)]
    sentinels = [_sentinel(home / f"sentinel-{port}", port, master) for port in ports]
    try:
        yield ports, replica
    finally:
        for process in sentinels:
            stop_process(process, signal.SIGTERM, 5)
        replica.stop()


def _sentinel(directory: Path, port: int, master: Redis) -> "subprocess.Popen[bytes]":
    directory.mkdir()
    configuration = directory / "sentinel.conf"  # Sentinel writes into it
    configuration.write_text(f"""
        port {port}
        bind 127.0.0.1
        dir {directory}
        requirepass "{PASSWORD}"
        sentinel sentinel-pass "{PASSWORD}"
        sentinel monitor mymaster 127.0.0.1 {master.port} 2
        sentinel auth-pass mymaster {master.password}
        sentinel down-after-milliseconds mymaster {DOWN_AFTER_SECONDS * 1000}
        sentinel failover-timeout mymaster 5000
    """)
    with (directory / "log").open("wb") as log:
        command = [master.binary, configuration, "--sentinel"]
        return spawn(command, dying=signal.SIGTERM, stdout=log, stderr=log)


def switch(ports: list[int]) -> None:
    """Have the Sentinels change the master, though it lives."""
    with redis.Redis(port=ports[0], password=PASSWORD) as sentinel:
        sentinel.execute_command("SENTINEL", "FAILOVER", "mymaster")


def master_of(ports: list[int], password: str) -> "redis.Redis":
    """A client of the present master."""
    sentinels = redis.Sentinel(
        [("127.0.0.1", port) for port in ports], sentinel_kwargs={"password": PASSWORD}
    )
    return sentinels.master_for("mymaster", password=password)
