"""Sessions in PostgreSQL: Django's own, found by a statement that is composed once."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from jobs.database import first_row

# By Django's clock, which also sets when a session expires.
LOOKUP = f"""SELECT session_data FROM {Session._meta.db_table}
    WHERE session_key = %(key)s AND expire_date > %(now)s::timestamptz"""


class SessionStore(db.SessionStore):
    """Django's sessions; their lookup is the connection's health check.

    Most requests of the admin begin with it, and Django spent three times as long on composing it.
    """

    def load(self) -> dict[str, Any]:
        """Return what the session holds; {} if it does not exist or has expired."""
        data = self._stored()
        if data is None:
            self._session_key = None
            return {}
        return self.decode(data)

    def _stored(self) -> str | None:
        key = self.session_key
        if key is None or "\0" in key:  # a cookie may have one, a text of PostgreSQL may not
            return None
        values = {"key": key, "now": timezone.now().isoformat()}
        [data] = first_row(LOOKUP, values, using=DEFAULT_DB_ALIAS)
        return data
