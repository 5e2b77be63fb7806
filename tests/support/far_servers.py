"""The servers of a site on other hosts, each with an address, reached by TLS alone.

PostgreSQL has a standby, and a PgBouncer in front of each; Redis has a replica and three Sentinels;
a server of S3's protocol has a bucket.
"""

import contextlib
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import boto3

from backoffice.local.processes import free_port, spawn, stop_process
from tests.support import replicated
from tests.support.network import Network
from tests.support.pgbouncer import PgBouncer
from tests.support.polling import wait_until
from tests.support.tls import Authority

BUCKET = "files-of-jobs"
NAMES = ["pg1", "pg2", "redis1", "redis2", "sentinel1", "sentinel2", "sentinel3", "s3"]
POOLER = """
[databases]
postgres = host={address} port={port} dbname=postgres
[pgbouncer]
listen_addr = {address}
listen_port = 6432
unix_socket_dir =
pool_mode = session
auth_type = scram-sha-256
auth_file = {home}/userlist.txt
default_pool_size = 80
query_wait_timeout = 5
server_tls_sslmode = verify-full
server_tls_ca_file = {home}/ca.pem
client_tls_sslmode = require
client_tls_cert_file = {home}/server.pem
client_tls_key_file = {home}/server.key
"""


class FarServers:
    """All of them; `ca` is the file of the CA that signed their certificates."""

    def __init__(self, home: Path, network: Network) -> None:
        self.home = home
        self.network = network
        self._closing = contextlib.ExitStack()

    def start(self) -> None:
        """Start everything."""
        self._at = {name: self.network.address(10 + number) for number, name in enumerate(NAMES)}
        ours = Authority(self.home / "ca")
        self.ca = ours.ca_file
        self._files = ours.certify("localhost", *self._at.values())
        self._postgres()
        self._redis()
        self._bucket()

    def close(self) -> None:
        """End everything."""
        self._closing.close()

    def _postgres(self) -> None:
        files, allowed = self._files, self.network.range
        self.primary: replicated.Replicated = self._run(
            replicated.Primary(self.home / "pg1", files, self._at["pg1"], allowed)
        )
        standby = replicated.Standby(self.home / "pg2", files, self._at["pg2"], self.primary)
        self.standby: replicated.Replicated = self._run(standby)
        self.primary.answer_after_the_standby_has_it()
        self.poolers = [self._pooler(server) for server in (self.primary, self.standby)]

    def follow_again(self) -> None:
        """Replace a primary that was lost by a standby of the new one, at the same address."""
        lost, new = self.primary, self.standby
        assert lost.process
        lost.process.kill()
        lost.process.wait()
        self.network.find(lost.address)
        home = self.home / f"again-{lost.port}-{new.port}"
        standby = replicated.Standby(home, self._files, lost.address, new)
        standby.port = lost.port
        self.primary, self.standby = new, self._run(standby)
        new.answer_after_the_standby_has_it()

    def _pooler(self, server: Any) -> PgBouncer:
        """Run a PgBouncer in front of a server, beside it."""
        (server.data.parent / "ca.pem").write_bytes(self.ca.read_bytes())
        (server.data.parent / "userlist.txt").write_text(f'"postgres" "{server.password}"\n')
        for name in ("ca.pem", "userlist.txt"):
            (server.data.parent / name).chmod(0o644)
        home, address, port = server.data.parent, server.address, server.port
        configuration = POOLER.format(address=address, port=port, home=home)
        pooler = PgBouncer(home, configuration, f"{address}:6432")
        self._closing.callback(pooler.stop)
        pooler.start()
        return pooler

    def _redis(self) -> None:
        first: replicated.ReplicatedRedis | None = None
        self.brokers: list[replicated.ReplicatedRedis] = []
        for name in ("redis1", "redis2"):
            where = self.home / name, self._files, self.ca, self._at[name]
            first = self._run(replicated.ReplicatedRedis(*where, first))
            self.brokers.append(first)
        self.sentinels = []
        for name in ("sentinel1", "sentinel2", "sentinel3"):
            where = self.home / name, self._files, self.ca, self._at[name]
            self.sentinels.append(replicated.Sentinel(*where, self.brokers[0]))
            self._closing.callback(self.sentinels[-1].stop)

    def _bucket(self) -> None:
        address, port = self._at["s3"], free_port()
        certificate, key = self._files
        command = [sys.executable, "-m", "moto.server", "-H", address, "-p", str(port)]
        with (self.home / "s3.log").open("wb") as log:
            tls = ["-c", str(certificate), "-k", str(key)]
            process = spawn([*command, *tls], dying=signal.SIGTERM, stdout=log, stderr=log)
        self._closing.callback(stop_process, process, signal.SIGTERM, 5)
        self.bucket_url = f"https://{address}:{port}"
        secrets = {"aws_access_key_id": "key", "aws_secret_access_key": "secret"}
        client = boto3.client("s3", endpoint_url=self.bucket_url, verify=str(self.ca), **secrets)
        wait_until(lambda: bool(_answers(address, port)), 30)
        client.create_bucket(Bucket=BUCKET)

    def _run(self, server: Any) -> Any:
        server.start()
        self._closing.callback(server.stop)
        return server


def _answers(address: str, port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
        return True
    return False
