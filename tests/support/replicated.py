"""PostgreSQL with a standby, Redis with a replica and Sentinels: by TLS, on several addresses."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import redis

from backoffice.local.home import server_account, write_private
from backoffice.local.processes import free_port, run_command, spawn, stop_process
from tests.support.tls import TlsPostgres, TlsRedis

Files = tuple[Path, Path]  # a certificate and its key
SENTINEL_PASSWORD = "of the sentinels"
DOWN_AFTER_SECONDS = 1


class Replicated(TlsPostgres):
    """A server with an address of its own."""

    def __init__(self, home: Path, files: Files, address: str) -> None:
        home.mkdir()
        super().__init__(home, *files)
        self.address = address
        self.options = (*self.options, f"listen_addresses=127.0.0.1,{address}")

    def answer_after_the_standby_has_it(self) -> None:
        """Have each COMMIT wait for the standby: a failover loses nothing that was answered."""
        with (self.data / "postgresql.auto.conf").open("a") as settings:
            settings.write("synchronous_standby_names = '*'\n")
        assert self.process
        self.process.send_signal(signal.SIGHUP)

    def promote(self) -> None:
        """Let a standby take writes, as a cluster manager does once the primary is gone."""
        command = [str(self.binary.with_name("pg_ctl")), "promote", "-D", str(self.data)]
        status, printed = run_command(command, **self._circumstances())
        assert status == 0, printed


class Primary(Replicated):
    """A server that takes connections by TLS alone, and standbys."""

    def __init__(self, home: Path, files: Files, address: str, allowed: str) -> None:
        super().__init__(home, files, address)
        self.allowed = allowed

    def _initialise(self) -> None:
        super()._initialise()
        for database in ("all", "replication"):
            self._allow(database)

    def _allow(self, database: str) -> None:
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"hostssl {database} all {self.allowed} scram-sha-256\n")


class Standby(Replicated):
    """A server that follows `primary`; a copy of it is made at the start."""

    def __init__(self, home: Path, files: Files, address: str, primary: Replicated) -> None:
        super().__init__(home, files, address)
        self.primary = primary
        self.password = primary.password

    def _initialise(self) -> None:
        self.data.mkdir(mode=0o700)
        if account := server_account():
            os.chown(self.data, account.pw_uid, account.pw_gid)
        primary = f"host={self.primary.address} port={self.primary.port} user=postgres"
        where = f"{primary} password={self.password} sslmode=require"
        copy = [str(self.binary.with_name("pg_basebackup")), "--pgdata", str(self.data)]
        options = ["--dbname", where, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
        status, printed = run_command([*copy, *options], **self._circumstances())
        assert status == 0, printed
        (self.data / "initdb.done").touch()


class ReplicatedRedis(TlsRedis):
    """A Redis that takes connections by TLS alone; with `master` it follows that one."""

    def __init__(
        self, home: Path, files: Files, ca: Path, address: str, master: "ReplicatedRedis | None"
    ) -> None:
        home.mkdir()
        super().__init__(home, *files)
        self.address = address
        self.master = master
        if master:
            self.password = master.password
        self.tls = tls_of_redis(files, ca)

    def _configuration(self, port: int) -> str:
        follows = f"replicaof {self.master.address} {self.master.port}" if self.master else ""
        return f"""
            port 0
            tls-port {port}
            bind 127.0.0.1 {self.address}
            replica-announce-ip {self.address}
            requirepass {self.password}
            masterauth {self.password}
            dir {json.dumps(str(self.data))}
            databases 64
            maxmemory-policy noeviction
            save ""
            {self.tls}
            {follows}
        """

    def client(self, ca: Path) -> "redis.Redis":
        """A client, which verifies the certificate."""
        return redis.Redis(
            host=self.address,
            port=self.port,
            password=self.password,
            ssl=True,
            ssl_ca_certs=str(ca),
        )


def tls_of_redis(files: Files, ca: Path) -> str:
    """The settings of TLS of a Redis or a Sentinel."""
    certificate, key = files
    return f"""tls-cert-file {certificate}
            tls-key-file {key}
            tls-ca-cert-file {ca}
            tls-auth-clients no
            tls-replication yes"""


class Sentinel:
    """One Sentinel, which watches the master."""

    def __init__(
        self, home: Path, files: Files, ca: Path, address: str, master: ReplicatedRedis
    ) -> None:
        home.mkdir()
        self.address, self.port = address, free_port()
        configuration = home / "sentinel.conf"  # Sentinel writes into it
        write_private(
            configuration,
            f"""
            port 0
            tls-port {self.port}
            bind {address}
            dir {home}
            requirepass "{SENTINEL_PASSWORD}"
            sentinel sentinel-pass "{SENTINEL_PASSWORD}"
            sentinel announce-ip {address}
            {tls_of_redis(files, ca)}
            sentinel monitor mymaster {master.address} {master.port} 2
            sentinel auth-pass mymaster {master.password}
            sentinel down-after-milliseconds mymaster {DOWN_AFTER_SECONDS * 1000}
            sentinel failover-timeout mymaster 5000
            """,
        )
        with (home / "log").open("wb") as log:
            command = [master.binary, configuration, "--sentinel"]
            self.process: subprocess.Popen[bytes] = spawn(
                command, dying=signal.SIGTERM, stdout=log, stderr=log
            )

    def stop(self) -> None:
        """End it."""
        stop_process(self.process, signal.SIGTERM, 5)


def sentinels_of(sentinels: list[Sentinel], ca: Path) -> "redis.Sentinel":
    """A client that asks the Sentinels for the present master."""
    tls: dict[str, Any] = {"ssl": True, "ssl_ca_certs": str(ca), "socket_timeout": 1}
    addresses = [(one.address, one.port) for one in sentinels]
    return redis.Sentinel(addresses, sentinel_kwargs={"password": SENTINEL_PASSWORD, **tls})
