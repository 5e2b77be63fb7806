"""Stores accepted jobs; if the connection breaks, finds out whether they were stored."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import Error, IntegrityError, connection, transaction

from jobs import database, lifecycle
from jobs.errors import OutcomeUnknown, Unavailable
from jobs.models import CLOCK_MARGIN_MS, Job
from jobs.services.launch_uploads import take_launched_uploads
from jobs.uploads import upload_ids

logger = logging.getLogger(__name__)


def store(jobs: Sequence[Job], *, actor: str) -> list[Job]:
    """Insert the jobs as PENDING; returns them as stored, by id.

    Their one statement commits, unless it is part of the caller's transaction. Jobs with uploads
    need a transaction.

    Raises: OutcomeUnknown if the connection broke when they may have been committed;
    DatabaseUnavailable if they were not; IntegrityError; InvalidParams if an upload is gone.
    """
    has_uploads = any(upload_ids(job.params) for job in jobs)
    is_part = database.is_in_transaction()
    session: Any = None  # that of a statement that may commit

    def refused(error: Error) -> Unavailable | None:
        may_be_stored = session is not None and not is_part
        if may_be_stored and (session.closed or not database.is_rolled_back(error)):
            return OutcomeUnknown(jobs[0].id)
        return database.unavailable(error)

    def insert() -> list[Job]:
        nonlocal session
        connection.cursor().close()  # connects if need be: that loses nothing
        if connection.get_autocommit() and not has_uploads:
            session = connection.connection
            return lifecycle.insert(jobs, actor=actor)
        with transaction.atomic(durable=not is_part):
            stored = lifecycle.insert(jobs, actor=actor)
            take_launched_uploads(jobs)
            session = connection.connection
        return stored

    with database.raising(refused):
        try:
            stored = insert()
        except database.StatementLost:  # the transaction was rolled back
            stored = insert()
    _warn_of_clock(stored[0])
    return stored


def _warn_of_clock(job: Job) -> None:
    """Log if the clock of this host, which made the id, is too far from PostgreSQL's."""
    ahead_ms = (job.id.int >> 80) - job.created_at.timestamp() * 1000
    if abs(ahead_ms) > CLOCK_MARGIN_MS:
        message = (
            "The clock of this host is %.0f s %s PostgreSQL's: set it. Filters by time miss jobs."
        )
        logger.warning(message, abs(ahead_ms) / 1000, "ahead of" if ahead_ms > 0 else "behind")


def store_again(jobs: Sequence[Job], *, actor: str) -> list[Job]:
    """Insert the jobs on a new connection, unless their ids show that they are stored.

    Raises: OutcomeUnknown; IntegrityError if another job is in their way.
    """
    connection.close()
    ids = [job.id for job in jobs]
    with database.raising(lambda error: OutcomeUnknown(ids[0])):
        try:
            return store(jobs, actor=actor)
        except Unavailable as error:
            raise OutcomeUnknown(ids[0]) from error
        except IntegrityError:
            stored = list(Job.objects.filter(id__in=ids).order_by("id"))
            if not stored:
                raise
            return stored
