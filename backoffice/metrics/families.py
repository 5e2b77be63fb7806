"""The figures as series. The names of all series of /metrics are here and in counts.py."""

from collections.abc import Iterator, Mapping
from itertools import accumulate

from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from backoffice import __version__
from backoffice.metrics.figures import Figures, Totals
from jobs import registry
from jobs.engine.upkeep.tally import BOUNDS
from jobs.lifecycle import ERRORS
from jobs.models import ACTIVE, Status, UpkeepState
from jobs.stats import CAP, QueueDepth

LE = [f"{bound:g}" for bound in BOUNDS] + ["+Inf"]
# The keys of the counts of ended jobs.
ENDINGS = (*map(str, (Status.COMPLETED, Status.CANCELLED)), *(f"FAILED {one}" for one in ERRORS))


def families_of(found: Figures) -> Iterator[Metric]:
    """Yield the series of all that was read; those of a server that is away are absent."""
    yield _gauge("build_info", "The version that runs.", 1, version=__version__)
    yield _gauge("postgresql_up", "1 if PostgreSQL answered this scrape.", found.postgresql_is_up)
    is_up = found.messages is not None
    yield _gauge("redis_up", "1 if Redis answered this scrape.", is_up)
    if found.totals is not None:
        yield _endings(found.totals)
        totals, ended = found.totals, "of jobs that ended."
        yield _seconds_of(totals, "wait", f"Seconds from submission to start, {ended}")
        yield _seconds_of(totals, "run", f"Seconds from start to end, {ended}")
        yield _total(totals, "republished", "Jobs that upkeep published again.")
        yield _total(totals, "rescued", "Attempts of lost workers that upkeep ended.")
        yield from _upkeep(found.upkeep)
    if found.loads is not None:
        yield from _slots(found)
    if found.active is not None:
        yield _active(found)
    if found.waiting is not None:
        yield from _waiting(found)
    if found.messages is not None:
        messages = _gauges("queue_messages", "Messages in Redis.", "queue")
        for queue, count in found.messages.items():
            messages.add_metric([queue], count)
        yield messages


def scrape_seconds(seconds: float) -> Metric:
    """Return how long PostgreSQL and Redis took for this scrape."""
    return _gauge("scrape_seconds", "Seconds that PostgreSQL and Redis took.", seconds)


def _gauge(name: str, help: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = _gauges(name, help, *labels)
    family.add_metric([*labels.values()], float(value))
    return family


def _gauges(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"backoffice_{name}", help, labels=labels)


def _endings(totals: Totals) -> CounterMetricFamily:
    family = CounterMetricFamily(
        "backoffice_jobs_ended",
        "Jobs that ended, also those that were deleted since.",
        labels=["type", "status", "error_code"],
    )
    for type, counts in _by_type(totals, "ended"):
        for key, count in sorted({**dict.fromkeys(ENDINGS, 0.0), **counts}.items()):
            status, _, error_code = key.partition(" ")
            family.add_metric([type, status, error_code], count)
    return family


def _by_type(totals: Totals, name: str) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Yield the counts of each type, registered types without any included."""
    counts = totals.get(name, {})
    for type in sorted({*counts, *(one.slug for one in registry.all())}):
        yield type, counts.get(type, {})


def _seconds_of(totals: Totals, name: str, help: str) -> HistogramMetricFamily:
    family = HistogramMetricFamily(f"backoffice_job_{name}_seconds", help, labels=["type"])
    seconds = dict(_by_type(totals, f"{name}_seconds"))
    for type, found in _by_type(totals, name):
        counts = [0.0] * len(LE)
        for bound, count in found.items():
            counts[_bucket_of(bound)] += count
        buckets = list(zip(LE, accumulate(counts), strict=True))
        family.add_metric([type], buckets, seconds.get(type, {}).get("", 0.0))
    return family


def _bucket_of(bound: str) -> int:
    """Return the place of the first present bound that is not lower than `bound`."""
    return next((place for place, le in enumerate(LE) if float(le) >= float(bound)), len(LE) - 1)


def _total(totals: Totals, name: str, help: str) -> CounterMetricFamily:
    count = totals.get(name, {}).get("", {}).get("", 0.0)
    return CounterMetricFamily(f"backoffice_{name}", help, value=count)


def _slots(found: Figures) -> Iterator[Metric]:
    loads = found.loads or []
    yield _gauge("workers", "Live workers.", len(loads))
    yield _gauge("slots", "Jobs that the live workers can run.", sum(one.slots for one in loads))
    busy = sum(len(one.running) for one in loads)
    yield _gauge("slots_busy", "Jobs that the live workers run.", busy)
    slots = _gauges("queue_slots", "Slots of the live workers that serve the queue.", "queue")
    busy_slots = _gauges("queue_slots_busy", "Those of them that run a job of any queue.", "queue")
    for queue in found.queues:
        serving = [one for one in loads if queue in one.queues]
        slots.add_metric([queue], sum(one.slots for one in serving))
        busy_slots.add_metric([queue], sum(len(one.running) for one in serving))
    yield from (slots, busy_slots)


def _upkeep(state: UpkeepState | None) -> Iterator[Metric]:
    last_pass = state.heartbeat_at.timestamp() if state else 0
    help = "The last pass of upkeep; 0 if there was none."
    yield _gauge("upkeep_last_pass_timestamp_seconds", help, last_pass)
    if state and state.counted_until:
        until = state.counted_until.timestamp()
        help = "The moment until which ended jobs are counted."
        yield _gauge("jobs_counted_until_timestamp_seconds", help, until)


def _active(found: Figures) -> GaugeMetricFamily:
    family = _gauges("jobs", f"Jobs that wait or run; of each at most {CAP + 1}.", "type", "status")
    counts = {(one.slug, str(status)): 0 for one in registry.all() for status in ACTIVE}
    counts |= {(one["type"], one["status"]): one["count"] for one in found.active or ()}
    for labels, count in sorted(counts.items()):
        family.add_metric(labels, count)
    return family


def _waiting(found: Figures) -> Iterator[Metric]:
    depths = {one.queue: one for one in found.waiting or ()}
    now = found.now or timezone.now()
    limit = f"at most {CAP + 1}."
    jobs = _gauges("queue_jobs", f"Jobs that wait for a worker of the queue; {limit}", "queue")
    parked = _gauges("queue_jobs_parked", f"Jobs on hold, or waiting for room; {limit}", "queue")
    oldest = _gauges("queue_oldest_wait_seconds", "How long the oldest of them waits.", "queue")
    for queue in found.queues:
        depth = depths.get(queue) or QueueDepth(queue, 0, now)
        in_line = depth.waiting - depth.parked
        jobs.add_metric([queue], in_line)
        parked.add_metric([queue], depth.parked)
        waits = (now - depth.oldest_at).total_seconds() if in_line else 0
        oldest.add_metric([queue], max(0, waits))
    yield from (jobs, parked, oldest)
