"""One leader does each duty when it is due; another upkeep that was started waits to take its place.

The lock belongs to the connection over which all duties speak: who loses the one has lost the
other. So a leader that is frozen, and keeps both, is deposed by ending its connection.
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

from jobs.database import Outage, await_tables, explain, is_bug, is_passing
from jobs.engine.upkeep.republish import Republish
from jobs.engine.upkeep.rescue import Rescue
from jobs.engine.upkeep.sliced import SlicedPrune
from jobs.engine.upkeep.unknown import GiveUpUnknown
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import WORKER_DB
from jobs.models import UpkeepState, fitted

logger = logging.getLogger(__name__)

LOCK = 5_041_722_008  # any number that no other program locks in this database


@dataclass
class Duty:
    """Something to do every so often."""

    run: Callable[[], object]
    every_seconds: float
    due_at: float = field(default=0.0)


class Upkeep:
    """The process: `run` until `stopped` is set."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._rescue = Rescue()
        beat = settings.JOBS_HEARTBEAT_SECONDS
        self._duties = [
            Duty(_report, beat / 2),
            Duty(self._rescue.run, beat / 2),
            Duty(Republish().run, beat),
            Duty(GiveUpUnknown().run, beat),
            Duty(SlicedPrune().run, 0.0),
        ]

    def run(self) -> None:
        """Work until stopped. No error ends it: a database that is away comes back."""
        await_tables(logger, "Upkeep waits", using=WORKER_DB, stopped=self.stopped)
        outage = Outage(logger, "Upkeep waits", using=WORKER_DB)
        while not self.stopped.is_set():
            try:
                self.once()
            except Error as error:
                outage.saw(error)
                if not is_passing(error):
                    self._rescue.forget()
                    connections[WORKER_DB].close()
            else:
                outage.over()
            self.stopped.wait(settings.JOBS_HEARTBEAT_SECONDS / 10)
        connections[WORKER_DB].close()

    def once(self) -> None:
        """Do what is due, if this is the leader."""
        if not _lead():
            _depose()
            return
        for duty in self._duties:
            if time.monotonic() >= duty.due_at:
                duty.due_at = time.monotonic() + duty.every_seconds
                _attempt(duty)


def _attempt(duty: Duty) -> None:
    try:
        duty.run()
    except BrokerUnavailable as error:
        logger.warning("the broker is away, publishing again waits: %s", error.diagnosis)
    except Error as error:
        if not (is_passing(error) or is_bug(error)):
            raise
        logger.warning(
            "%s The duty is done again when it is due.", explain(error), exc_info=is_bug(error)
        )
    except Exception:  # one job that breaks one duty must not keep the others from theirs
        logger.exception("an upkeep duty failed")


def _lead() -> bool:
    # Taken once for each connection; its holder answers from pg_locks without taking it again.
    sql = """SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
            AND (classid::bigint << 32) + objid::bigint = %s) OR pg_try_advisory_lock(%s)"""
    with connections[WORKER_DB].cursor() as cursor:
        cursor.execute(sql, [LOCK, LOCK])
        return bool(cursor.fetchone()[0])


def _depose() -> None:
    """End the leader's connection if nothing was heard of it within a lease; when it wakes it waits like others."""
    if UpkeepState.objects.using(WORKER_DB).live().exists():
        return
    sql = """SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted
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
