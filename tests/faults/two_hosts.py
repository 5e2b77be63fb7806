"""A site on two hosts that share no disk; all of its servers are reached by TLS."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import redis

from backoffice.local import programs
from backoffice.local.home import PROJECT
from backoffice.local.processes import run_command
from backoffice.local.servers import Servers
from backoffice.local.stack import STAFF_USER
from tests.faults.app_host import AppHost
from tests.faults.stack import EFFECTS, wait_until
from tests.support import replicated
from tests.support.far_servers import BUCKET, FarServers
from tests.support.network import Network

LEASE_SECONDS = 6.0


class TwoHosts(FarServers):
    """The servers, and the processes of both hosts."""

    def __init__(self, home: Path, network: Network) -> None:
        super().__init__(home, network)
        self.hosts: dict[str, AppHost] = {}

    def start(self) -> None:
        """Start everything, servers first."""
        super().start()
        self.env = self._environment()
        self._prepare()
        for number, name in enumerate("ab"):
            self.hosts[name] = AppHost(self.network.host(name, 100 + number), self.home, self.env)
            self._await(self.hosts[name])

    def close(self) -> None:
        """End everything."""
        programs.stop_programs([one for host in self.hosts.values() for one in host.programs])
        super().close()

    def _environment(self) -> dict[str, str]:
        secret = self.primary.password
        both = ",".join(pooler.url for pooler in self.poolers)
        direct = ",".join(f"{one.address}:{one.port}" for one in (self.primary, self.standby))
        sentinels = ",".join(f"{one.address}:{one.port}" for one in self.sentinels)
        account = f"sentinels://:{self.brokers[0].password}"
        urls = {
            "DATABASE_URL": f"postgres://postgres:{secret}@{both}/postgres",
            "REDIS_URL": f"{account}@{sentinels}/0",
        }
        return programs.environment(self.home, Servers(urls)) | {
            "DATABASE_DIRECT_URL": f"postgres://postgres@{direct}/postgres",
            "DATABASE_CA_FILE": str(self.ca),
            "REDIS_CA_FILE": str(self.ca),
            "REDIS_SENTINEL_PASSWORD": replicated.SENTINEL_PASSWORD,
            "FILES_DIR": "",
            "FILES_URL": f"s3://{BUCKET}/jobs",
            "FILES_ENDPOINT": self.bucket_url,
            "FILES_ACCESS_KEY": "key",
            "FILES_SECRET_KEY": "secret",
            "AWS_CA_BUNDLE": str(self.ca),
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
            "WEB_PROCESSES": "1",
            "STATIC_ROOT": str(self.home / "static"),
        }

    def _prepare(self) -> None:
        command = [*programs.MANAGE, "prepare", STAFF_USER, str(self.home)]
        status, printed = run_command(command, cwd=PROJECT, env=self.env)
        assert status == 0, printed
        self.sql(EFFECTS)

    def _await(self, started: AppHost) -> None:
        wait_until(lambda: started.client.ask("GET", "/readyz").status == 200, 180)
        before = self.sql("SELECT count(*) FROM jobs_worker")[0][0]
        started.worker.start()
        wait_until(lambda: self.sql("SELECT count(*) FROM jobs_worker")[0][0] > before, 180)

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one statement, of the server that takes writes."""
        connection = psycopg2.connect(
            host=f"{self.primary.address},{self.standby.address}",
            port=f"{self.primary.port},{self.standby.port}",
            user="postgres",
            password=self.primary.password,
            dbname="postgres",
            target_session_attrs="read-write",
            connect_timeout=3,
        )
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(query, values or None)
            return cursor.fetchall() if cursor.description else []

    def redis(self) -> "redis.Redis":
        """A client of the present master."""
        options = {"ssl": True, "ssl_ca_certs": str(self.ca), "socket_timeout": 2}
        password = self.brokers[0].password
        sentinels = replicated.sentinels_of(self.sentinels, self.ca)
        return sentinels.master_for("mymaster", password=password, **options)

    def master(self) -> replicated.ReplicatedRedis:
        """The server that the Sentinels name."""
        with self.redis() as client:
            address = client.connection_pool.get_master_address()[0]
        return next(one for one in self.brokers if one.address == address)

    def leading_upkeep(self) -> int:
        """The pid of the upkeep that leads."""
        pid: int = self.sql("SELECT pid FROM jobs_upkeepstate")[0][0]
        return pid

    def running_on(self, app: AppHost) -> list[str]:
        """The ids of the jobs that its worker holds."""
        assert app.worker.process
        rows = self.sql(
            """SELECT jobs_job.id FROM jobs_job JOIN jobs_worker ON worker = jobs_worker.id
            WHERE jobs_job.status = 'PROCESSING' AND jobs_worker.pid = %s""",
            app.worker.process.pid,
        )
        return [str(job_id) for (job_id,) in rows]

    def takes_jobs(self, app: AppHost) -> bool:
        """Whether its worker gets one of a few more jobs."""
        assert app.worker.process
        ids = [app.client.submit("quick").body["id"] for _ in range(4)]
        self.drain()
        ran = self.sql(
            """SELECT count(*) FROM effect JOIN jobs_job ON jobs_job.id = job_id
            JOIN jobs_worker ON worker = jobs_worker.id
            WHERE job_id = ANY (%s::uuid[]) AND jobs_worker.pid = %s""",
            *(ids, app.worker.process.pid),
        )
        return bool(ran[0][0])

    def drain(self, seconds: float = 120) -> None:
        """Wait until no job is active."""
        active = "SELECT count(*) FROM jobs_job WHERE status IN ('PENDING', 'PROCESSING')"
        wait_until(lambda: self.sql(active) == [(0,)], seconds, lambda: self.sql(active))


@contextlib.contextmanager
def running(home: Path, network: Network) -> Iterator[TwoHosts]:
    """A site in the block."""
    site = TwoHosts(home, network)
    try:
        site.start()
        yield site
    finally:
        site.close()
