"""The loop of upkeep: one leader does each duty when it is due, other processes stand by.

The leader's lock belongs to the connection that all duties use, so it loses both together. A leader
that is frozen keeps both; another process deposes it by ending its connection.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import Error, connections
from django.db.models.functions import Now

from jobs.database import WORKER_DB, Outage, await_tables, explain, is_bug, is_passing
from jobs.engine.upkeep.republish import Republish
from jobs.engine.upkeep.rescue import Rescue
from jobs.engine.upkeep.sliced import SlicedPrune
from jobs.engine.upkeep.tally import add_to_total, count_ended
from jobs.engine.upkeep.unknown import GiveUpUnknown
from jobs.engine.upkeep.unparking import Unpark
from jobs.errors import BrokerUnavailable
from jobs.models import UpkeepState
from jobs.safe_text import fitted

logger = logging.getLogger(__name__)

LOCK = 5_041_722_008  # any number that no other program locks in this database


@dataclass
class Duty:
    """A function to call at intervals; what it counts is added to the total `total`."""

    run: Callable[[], int | None]
    every_seconds: float
    total: str = ""
    due_at: float = field(default=0.0)


class Upkeep:
    """The process: `run` until `stopped` is set."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._rescue = Rescue()
        beat = settings.JOBS_HEARTBEAT_SECONDS
        self._duties = [
            Duty(_report, beat / 2),
            Duty(self._rescue.run, beat / 2, total="rescued"),
            Duty(Unpark().run, beat / 10),
            Duty(Republish().run, beat, total="republished"),
            Duty(GiveUpUnknown().run, beat),
            Duty(count_ended, beat / 2),
            Duty(SlicedPrune().run, 0.0),
        ]

    def run(self) -> None:
        """Work until stopped. No error ends it: after an outage it goes on."""
        await_tables(logger, "Upkeep waits", using=WORKER_DB, stopped=self.stopped)
        outage = Outage(logger, "Upkeep waits", using=WORKER_DB)
        while not self.stopped.is_set():
            try:
                self.once()
            except Error as error:
                outage.record(error)
                if not is_passing(error):
                    self._rescue.forget()
                    connections[WORKER_DB].close()
            else:
                outage.end()
            self.stopped.wait(settings.JOBS_HEARTBEAT_SECONDS / 10)
        connections[WORKER_DB].close()

    def once(self) -> None:
        """Do what is due, if this process leads."""
        if not _lead():
            _depose()
            return
        for duty in self._duties:
            if time.monotonic() >= duty.due_at:
                duty.due_at = time.monotonic() + duty.every_seconds
                _try_duty(duty)


def _try_duty(duty: Duty) -> None:
    try:
        count = duty.run()
        if duty.total and count:
            add_to_total(duty.total, count)
    except BrokerUnavailable as error:
        logger.warning("the broker is away, publishing again waits: %s", error.diagnosis)
    except Error as error:
        if not (is_passing(error) or is_bug(error)):
            raise
        message = "%s The duty is done again when it is due."
        logger.warning(message, explain(error), exc_info=is_bug(error))
    except Exception:  # one job that breaks one duty must not stop the others
        logger.exception("an upkeep duty failed")


def _lead() -> bool:
    # The lock is taken once for each connection; its holder reads pg_locks and does not retake it.
    sql = """SELECT EXISTS (
            SELECT 1 FROM pg_locks
            WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                AND (classid::bigint << 32) + objid::bigint = %s
        ) OR pg_try_advisory_lock(%s)"""
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, [LOCK, LOCK])
        return bool(cursor.fetchone()[0])


def _depose() -> None:
    """End the leader's connection if it has sent no heartbeat within a lease.

    When that process goes on, it stands by like the others.
    """
    if UpkeepState.objects.using(WORKER_DB).live().exists():
        return
    sql = """SELECT count(pg_terminate_backend(pid)) FROM pg_locks
        WHERE locktype = 'advisory' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (classid::bigint << 32) + objid::bigint = %s"""
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, [LOCK])
        if cursor.fetchone()[0]:
            logger.warning("the leading upkeep is silent; its place is taken")


def _report() -> None:
    host = fitted(UpkeepState, host=socket.gethostname())
    UpkeepState.objects.using(WORKER_DB).update_or_create(
        id=1, defaults={**host, "pid": os.getpid(), "heartbeat_at": Now()}
    )
