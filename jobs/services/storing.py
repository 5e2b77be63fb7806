"""Stores accepted jobs; if the connection breaks, finds out whether they were stored."""

from collections.abc import Sequence
from typing import Any

from django.db import Error, IntegrityError, connection, transaction

from jobs import database, lifecycle
from jobs.errors import OutcomeUnknown, Unavailable
from jobs.models import Job
from jobs.services.launch_uploads import take_launched_uploads
from jobs.uploads import upload_ids


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
            return insert()
        except database.StatementLost:  # the transaction was rolled back
            return insert()


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
