"""Where a site's tracing follows jobs: as they are sent, and while they run.

A site makes spans by a Tracer of its own, as `backoffice/telemetry/` does. Without one nothing is
made, and a job keeps the trace that its caller named.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from jobs.lifecycle import Outcome
from jobs.models import Job


class Tracer:
    """Makes no spans."""

    def sending(self, jobs: Sequence[Job]) -> AbstractContextManager[object]:
        """Return the block in which `jobs` are stored and published.

        It may set their `traceparent`, which is stored with them.
        """
        return nullcontext()

    def running(self, job: Job) -> AbstractContextManager[Callable[[Outcome], None]]:
        """Return the block in which an attempt runs; it yields what to call with its outcome.

        It may set the `traceparent` of `job`, for the log lines of this attempt.
        """
        return nullcontext(_forget)


def _forget(outcome: Outcome) -> None:
    """Do nothing with an outcome."""


_tracers = [Tracer()]


def use_tracer(tracer: Tracer) -> None:
    """Have this process make the spans of `tracer`."""
    _tracers[:] = [tracer]


def current_tracer() -> Tracer:
    """Return the tracer of this process."""
    return _tracers[0]
