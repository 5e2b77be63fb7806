"""Django's PostgreSQL backend; connections have session parameters and are closed once they take no writes.

Django loads it by the ENGINE of settings.DATABASES.
"""

from typing import Any

import psycopg2
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection; OPTIONS["session"] maps parameters of PostgreSQL to the values that it sets."""

    _session: dict[str, str] = {}  # what was set, in PostgreSQL's own spelling

    def get_connection_params(self) -> dict[str, Any]:
        """Return what psycopg2 is given: without the session's parameters."""
        params: dict[str, Any] = super().get_connection_params()
        params.pop("session", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect to the first host that accepts the connection.

        One after the other: libpq would try them all, but not where psycopg2 waits by a callback,
        as in the web server. There a host that does not answer would end the search.
        """
        refused = []
        for server in _servers(conn_params):
            try:
                return super().get_new_connection(conn_params | server)
            except psycopg2.OperationalError as error:
                refused.append(" ".join(str(error).split()))
        raise psycopg2.OperationalError("; ".join(refused))

    def init_connection_state(self) -> None:
        """Set the session's parameters; a connection that does not take them is closed."""
        try:
            super().init_connection_state()
            self._set_session()
        except BaseException:
            self.close()
            raise

    def _set_session(self) -> None:
        # Not by libpq's `options`: a pooler refuses those, or drops them silently.
        wanted = self.settings_dict["OPTIONS"].get("session")
        if not wanted:
            return
        calls = ", ".join("set_config(%s, %s, false)" for _ in wanted)
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {calls}", [text for pair in wanted.items() for text in pair])
            self._session = dict(zip(wanted, cursor.fetchone(), strict=True))

    def is_usable(self) -> bool:
        """Return whether the server answers and takes writes, and the session's parameters are still as they were set.

        Django asks before the first statement of a request or a job, and after errors. A failover
        leaves connections on a server that has become a standby: they work, and refuse every write
        until they are closed. Parameters are lost by RESET ALL, or where a pooler changes the
        server's connection behind ours.
        """
        if self.connection is None:
            return False
        expected = {"transaction_read_only": "off", **self._session}
        settings = ", ".join("current_setting(%s)" for _ in expected)
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {settings}", [*expected])
                return bool(cursor.fetchone() == (*expected.values(),))
        except psycopg2.Error:
            return False


def _servers(params: dict[str, Any]) -> list[dict[str, str]]:
    hosts = str(params.get("host", "")).split(",")
    if len(hosts) == 1:
        return [{}]
    ports = str(params.get("port", "")).split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [{"host": host, "port": port} for host, port in zip(hosts, ports, strict=True)]
