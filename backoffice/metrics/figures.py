"""What a scrape reads of PostgreSQL and Redis, each in bounded time."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections

from backoffice.socket_timeout import limited_answers
from jobs import registry
from jobs.database import explain, send_failure
from jobs.engine import broker
from jobs.errors import BrokerUnavailable
from jobs.models import Job, Total, UpkeepState
from jobs.stats import (
    Load,
    QueueDepth,
    Read,
    active_by_type_read,
    loads_read,
    objects_read,
    read_together,
    waiting_by_queue_read,
)

logger = logging.getLogger(__name__)

# Of each of the two statements. Prometheus itself gives a scrape ten seconds.
STATEMENT_MILLISECONDS = 2_000
ANSWER_SECONDS_OF_SCRAPE = 3


# Counts by name, type and key, as in the table of totals.
Totals = Mapping[str, Mapping[str, Mapping[str, float]]]


@dataclass
class Figures:
    """What was read; the parts of a server that did not answer are None."""

    totals: Totals | None = None
    loads: Sequence[Load] | None = None
    upkeep: UpkeepState | None = None
    active: Sequence[Mapping[str, Any]] | None = None
    waiting: Sequence[QueueDepth] | None = None
    now: datetime | None = None  # by PostgreSQL's clock
    messages: Mapping[str, int] | None = None
    postgresql_is_up: bool = False
    queues: list[str] = field(default_factory=registry.queues)


def read_figures() -> Figures:
    """Read all figures, in two statements and one round trip to Redis.

    What does not answer within a few seconds is left out.
    """
    found = Figures()
    with limited_answers(ANSWER_SECONDS_OF_SCRAPE):
        try:
            _read_postgresql(found)
        except Error as error:
            send_failure(error)
            logger.warning("/metrics lacks figures: %s", explain(error))
            connections[DEFAULT_DB_ALIAS].close()
    found.queues = sorted({*found.queues, *(one.queue for one in found.waiting or ())})
    try:
        found.messages = broker.queue_depths(found.queues)
    except BrokerUnavailable as error:
        logger.warning("/metrics lacks figures: %s", error.diagnosis)
    return found


def _read_postgresql(found: Figures) -> None:
    totals = "SELECT coalesce(json_agg(json_build_array(name, type, key, value)), '[]') FROM {}"
    cheap: dict[str, Read] = {
        "now": Read("SELECT to_json(clock_timestamp())", (), datetime.fromisoformat),
        "totals": Read(totals.format(Total._meta.db_table), (), _by_name),
        "loads": loads_read(),
        "upkeep": objects_read(UpkeepState.objects.all()[:1]),
    }
    if (values := _load(cheap)) is not None:
        found.postgresql_is_up = True
        found.now, found.totals, found.loads = values["now"], values["totals"], values["loads"]
        found.upkeep = next(iter(values["upkeep"]), None)
    jobs = Job.objects.order_by()
    counted = {"active": active_by_type_read(), "waiting": waiting_by_queue_read(jobs)}
    if (values := _load(counted)) is not None:
        found.active, found.waiting = values["active"], values["waiting"]


def _load(reads: Mapping[str, Read]) -> dict[str, Any] | None:
    values = read_together(reads, STATEMENT_MILLISECONDS)
    return None if values is None else {name: reads[name].load(values[name]) for name in reads}


def _by_name(rows: Sequence[Sequence[Any]]) -> Totals:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for name, type, key, value in rows:
        found.setdefault(name, {}).setdefault(type, {})[key] = value
    return found
