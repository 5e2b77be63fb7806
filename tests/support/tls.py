"""A certificate authority, and PostgreSQL and Redis that answer by TLS alone."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from backoffice.local.home import server_account
from backoffice.local.postgres import THROW_AWAY, Postgres
from backoffice.local.processes import free_port
from backoffice.local.redis import Redis
from tests.support.debian import program


@dataclass
class Authority:
    """A certificate authority; its certificate is in `ca_file`."""

    directory: Path

    def __post_init__(self) -> None:
        self.directory.mkdir()
        self.ca_file = self.directory / "ca.pem"
        self._openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", f"/CN={id(self)}"),
        )

    def certify(self, host: str, *addresses: str) -> tuple[Path, Path]:
        """The files of a certificate for a host and its addresses, and of its key."""
        names = ",".join([f"DNS:{host}", *(f"IP:{one}" for one in addresses)])
        (self.directory / "names").write_text(f"subjectAltName={names}")
        self._openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={host}"),
        )
        self._openssl(
            *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days"),
            *("2", "-CAcreateserial", "-extfile", "names", "-out", "server.pem"),
        )
        return self.directory / "server.pem", self.directory / "server.key"

    def _openssl(self, *arguments: str) -> None:
        command = [program("openssl"), *arguments]
        subprocess.run(command, cwd=self.directory, check=True, capture_output=True)


class TlsRedis(Redis):
    """Redis of Debian, whose port takes TLS."""

    def __init__(self, home: Path, certificate: Path, key: Path) -> None:
        super().__init__(home, durable=False)
        self.binary = Path(program("redis-server"))
        self._tls = f"tls-cert-file {certificate}\ntls-key-file {key}\n"
        self._tls += f"tls-ca-cert-file {certificate}\ntls-auth-clients no\n"

    def _configuration(self, port: int) -> str:
        plain = super()._configuration(free_port())
        return f"{plain}\ntls-port {port}\n{self._tls}"

    def _answers(self, port: int) -> bool:
        command = ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{port}"]
        said = f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode()
        done = subprocess.run(command, input=said, capture_output=True, timeout=10)
        return b"+PONG" in done.stdout


class TlsPostgres(Postgres):
    """PostgreSQL of Debian, which takes TLS."""

    def __init__(self, home: Path, certificate: Path, key: Path) -> None:
        super().__init__(home, durable=False)
        self.binary, self.major = Path(program("postgres")), 15
        self.data = home / "postgres-15"
        home.chmod(0o711)  # for the account of PostgreSQL
        for file in (certificate, key):
            shutil.copy(file, home / file.name)
            os.chmod(home / file.name, 0o600)
            if account := server_account():
                os.chown(home / file.name, account.pw_uid, account.pw_gid)
        files = f"ssl_cert_file={home / certificate.name}", f"ssl_key_file={home / key.name}"
        self.options = (*THROW_AWAY, "ssl=on", *files)


@contextlib.contextmanager
def running(server: Redis | Postgres) -> Iterator[str]:
    """Run a server in the block; gives its URL."""
    try:
        yield server.start()
    finally:
        server.stop()
