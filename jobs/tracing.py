"""Where a site's tracing follows jobs: as they are sent, and while they run.

A site makes spans by a Tracer of its own, as `backoffice/telemetry/` does. Without one nothing is
made, and a job keeps the trace that its caller named.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from jobs.lifecycle import Outcome
from jobs.models import Job

logger = logging.getLogger(__name__)


class Tracer:
    """Makes no spans."""

    def sending(self, jobs: Sequence[Job]) -> AbstractContextManager[object]:
        """Return the block in which `jobs` are stored and published.

        It may set their `traceparent`, which is stored with them.
        """
        return nullcontext()

    def running(self, job: Job) -> AbstractContextManager[Callable[[Outcome], None]]:
        """Return the block in which an attempt runs; it yields a callback for the outcome.

        It may set the `traceparent` of `job`, for the log lines of this attempt.
        """
        return nullcontext(_forget)


def _forget(outcome: Outcome) -> None:
    """Do nothing with an outcome."""


class GuardedTracer(Tracer):
    """Logs what a site's tracer raises: otherwise a claimed job would keep its status and slot."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def sending(self, jobs: Sequence[Job]) -> AbstractContextManager[object]:
        return _guarded(lambda: self._tracer.sending(jobs), None)

    @contextmanager
    def running(self, job: Job) -> Iterator[Callable[[Outcome], None]]:
        with _guarded(lambda: self._tracer.running(job), _forget) as note_outcome:
            yield lambda outcome: _try(lambda: note_outcome(outcome))


@contextmanager
def _guarded(begin: Callable[[], AbstractContextManager[Any]], instead: Any) -> Iterator[Any]:
    """Yield what the block of a tracer yields, or `instead` if it fails to begin."""
    block = ExitStack()  # empty if it fails to begin
    yielded = _try(lambda: block.enter_context(begin()), instead)
    try:
        yield yielded
    except BaseException as error:
        failure = type(error), error, error.__traceback__
        _try(lambda: block.__exit__(*failure))
        raise
    _try(block.close)


def _try(call: Callable[[], Any], instead: Any = None) -> Any:
    """Return what the call returns; if it raises, log that and return `instead`."""
    try:
        return call()
    except Exception:  # code of the site may raise anything, and the job must go on
        logger.exception("the site's tracer failed")
        return instead


_tracers = [Tracer()]


def use_tracer(tracer: Tracer) -> None:
    """Have this process make the spans of `tracer`; what it raises is logged."""
    _tracers[:] = [GuardedTracer(tracer)]


def current_tracer() -> Tracer:
    """Return the tracer of this process."""
    return _tracers[0]
