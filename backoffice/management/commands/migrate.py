"""manage.py migrate: Django's, one at a time, which waits for locks without holding up others."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.management import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import Error, OperationalError, connections

from jobs.database import Trouble, trouble
from jobs.management.command import EX_TEMPFAIL

AGAIN_AFTER_SECONDS = 3
# A lock of the session, whose number no other lock has.
ONE_AT_A_TIME = "hashtextextended('backoffice migrate', 0)"
HOLDER = f"""SELECT pid, application_name, extract(epoch FROM now() - backend_start)::int
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND datname = current_database()
        AND (classid::bigint << 32) + objid::bigint = {ONE_AT_A_TIME}"""
OLD_TRANSACTIONS = """SELECT pid, application_name, extract(epoch FROM now() - xact_start)::int
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND xact_start < now() - interval '1 second'
    ORDER BY xact_start LIMIT 3"""


class Command(migrate.Command):
    """Applies migrations. One that finds its table locked is rolled back, and tried again."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add two options to Django's."""
        super().add_arguments(parser)
        parser.add_argument(
            "--wait-for-locks",
            type=int,
            default=300,
            metavar="SECONDS",
            help="how long to try again while other transactions hold a lock that a migration "
            "needs (300)",
        )
        parser.add_argument(
            "--wait-for-migrate",
            type=int,
            default=3600,
            metavar="SECONDS",
            help="how long to wait for the end of another migrate on this database (3600)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run Django's command until no lock is in its way.

        Raises: CommandError, with exit code 75, if a lock or another migrate was in its way until
        the end.
        """
        using = options["database"]
        with self._one_at_a_time(using, options["wait_for_migrate"]):
            until = time.monotonic() + options["wait_for_locks"]
            while True:
                try:
                    super().handle(*args, **options)
                    return
                except OperationalError as error:
                    if trouble(error) is not Trouble.BUSY:
                        raise
                    who = f"Other transactions hold a lock that it needs. {_oldest(using)}"
                    if time.monotonic() >= until:
                        sentence = f"{who} Run migrate again: it goes on where it stopped."
                        raise CommandError(sentence, returncode=EX_TEMPFAIL) from error
                self.stderr.write(f"\n  {who} Trying again in {AGAIN_AFTER_SECONDS} s.")
                time.sleep(AGAIN_AFTER_SECONDS)

    @contextmanager
    def _one_at_a_time(self, using: str, seconds: int) -> Iterator[None]:
        """Wait until no other migrate runs on the database, and keep others waiting.

        Raises: CommandError if another one still runs after `seconds`.

        It polls, because a session that waits for the lock in a statement would block the other
        migrate while that builds an index concurrently.
        """
        until, is_reported = time.monotonic() + seconds, False
        while not _fetched(using, f"SELECT pg_try_advisory_lock({ONE_AT_A_TIME})")[0][0]:
            if time.monotonic() >= until:
                raise CommandError(_other_migrate(using), returncode=EX_TEMPFAIL)
            if not is_reported:
                self.stderr.write("Another migrate runs on this database; waiting for its end.")
            is_reported = True
            time.sleep(1)
        try:
            yield
        finally:
            with suppress(Error):  # the lock of a lost connection is gone, and its error is raised
                _fetched(using, f"SELECT pg_advisory_unlock({ONE_AT_A_TIME})")


def _oldest(using: str) -> str:
    names = _described_sessions(using, OLD_TRANSACTIONS)
    return f"The oldest transactions: {names}." if names else ""


def _other_migrate(using: str) -> str:
    holder = _described_sessions(using, HOLDER) or "it has just ended"
    return (
        f"Another migrate runs on this database: {holder}. Run migrate again when it has ended."
        " If it hangs, end it first: SELECT pg_terminate_backend(PROCESS)."
    )


def _described_sessions(using: str, query: str) -> str:
    """Return the sessions that the query finds, with how long each has lasted."""
    return ", ".join(
        f"process {pid} ({name or 'without a name'}, {seconds} s)"
        for pid, name, seconds in _fetched(using, query)
    )


def _fetched(using: str, query: str) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
