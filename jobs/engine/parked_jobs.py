"""Publishes parked jobs again, before all messages that wait: their turn has come before."""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from jobs import lifecycle
from jobs.engine import broker
from jobs.errors import BrokerUnavailable
from jobs.lifecycle import Room
from jobs.models import Job

logger = logging.getLogger(__name__)


def let_next_in(room: Room, after: UUID, *, using: str = DEFAULT_DB_ALIAS) -> None:
    """Publish the first job that waits for `room`, if there is room after the job `after`.

    That one has ended, or was refused: it is not published again, which could go on for ever.
    """
    publish_first(lifecycle.next_in_room(room, after, using=using))


def publish_first(jobs: Sequence[Job]) -> None:
    """Publish jobs that were unparked. If the broker is away, upkeep does it later."""
    if not jobs:
        return
    try:
        broker.publish(jobs, first=True)
    except BrokerUnavailable:
        message = "%s jobs may start, but the broker is away; upkeep publishes them later"
        logger.warning(message, len(jobs))
