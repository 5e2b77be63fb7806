"""Prunes once an hour, in slices of about two seconds between the leader's other duties."""

import logging
import time
from collections.abc import Iterator

from django.conf import settings

from jobs.engine.upkeep.orphan_results import ResultSearch
from jobs.engine.upkeep.pruning import Pruned, prune_steps

logger = logging.getLogger(__name__)

EVERY_SECONDS = 3600.0
SLICE_SECONDS = 2.0
RETRY_SECONDS = 60.0  # after an error


class SlicedPrune:
    """A duty of the leader; each call of `run` works for one slice if a prune is due."""

    def __init__(self) -> None:
        self._due_at = time.monotonic() + EVERY_SECONDS / 60
        self._steps: Iterator[None] | None = None
        self._pruned = Pruned()
        self._results = ResultSearch()
        self._logged = ""

    def run(self) -> bool:
        """Work for a slice if a prune is due; returns whether it has ended."""
        if time.monotonic() < self._due_at:
            return False
        running, self._steps = self._steps or self._new_steps(), None
        until = time.monotonic() + min(SLICE_SECONDS, settings.JOBS_HEARTBEAT_SECONDS / 2)
        self._due_at = time.monotonic() + RETRY_SECONDS
        for _ in running:
            if time.monotonic() >= until:
                self._steps, self._due_at = running, 0.0
                return False
        self._due_at = time.monotonic() + EVERY_SECONDS
        self._log(self._pruned.refusal)
        return True

    def _new_steps(self) -> Iterator[None]:
        self._pruned = Pruned()
        return prune_steps(self._pruned, whole=False, results=self._results)

    def _log(self, refusal: str) -> None:
        if refusal and refusal != self._logged:
            logger.warning("%s", refusal)
        self._logged = refusal
