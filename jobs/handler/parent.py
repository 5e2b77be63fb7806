"""The calls of a JobContext that make its job a parent."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from jobs.database import WORKER_DB, retry_while_away
from jobs.handler import journal
from jobs.handler.stopping import Cancelled
from jobs.models import Job

# What makes a child the same child when an attempt is repeated.
ChildKey = tuple[Any, ...]


class ParentCalls:
    """Launches children of the job of a JobContext."""

    id: UUID
    attempt: int
    _store_child: ClassVar[Callable[[Any, str, dict[str, Any], str, ChildKey], Job]]

    def __init__(self) -> None:
        self._submitted: Counter[str] = Counter()  # children without a key, by their content
        self._counting = threading.Lock()

    @classmethod
    def store_children_by(
        cls, store: Callable[[Any, str, dict[str, Any], str, ChildKey], Job]
    ) -> None:
        """Set what `submit` calls: a service, and services may not be imported here."""
        cls._store_child = store

    def submit(
        self,
        type: str,
        params: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        key: str | None = None,
    ) -> Job:
        """Launch a child of this job, as the account that launched this one; returns the child.

        An attempt that follows a lost one gets the children that the lost one launched: those of
        the same `key`, or without keys those of the same type, name and params, one for each call.
        In a transaction the child is a part of it.

        Raises: Cancelled if a cancel was requested; LostAttempt; RuntimeError in a process that the
        handler forked; what `services.launcher` and `services.submit` raise.
        """
        if self._is_in_fork():
            raise RuntimeError("Call job.submit in the handler's process, not in a fork of it.")
        is_asked = partial(journal.is_asked_to_stop, self.id, self.attempt, using=WORKER_DB)
        if retry_while_away(is_asked, using=WORKER_DB):
            raise Cancelled
        given = dict(params or {})
        return self.__class__._store_child(
            self, type, given, name, self._child_key(type, given, name, key)
        )

    def _child_key(
        self, type: str, params: Mapping[str, Any], name: str, key: str | None
    ) -> ChildKey:
        if key is not None:
            return ("key", key)
        content = json.dumps([type, params, name], sort_keys=True, default=str)
        with self._counting:
            self._submitted[content] += 1
            return (content, self._submitted[content])

    def _is_in_fork(self) -> bool:
        raise NotImplementedError
