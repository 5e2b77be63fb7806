"""What the processes of one worker share: made by the main process, inherited by its forks."""

import queue
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from celery import Celery, current_app
from uuid_utils.compat import uuid7

from jobs import registry
from jobs.engine.worker.backlog import Backlog
from jobs.engine.worker.fork_lock import ForkLock
from jobs.engine.worker.interrupt import Interrupts
from jobs.engine.worker.running import RunningAttempts


@dataclass(frozen=True)
class CrashedAttempt:
    """An attempt whose pool process ended without settling it."""

    job_id: UUID
    pid: int
    message: str
    code: str = "worker_lost"


class WorkerState:
    """One worker: its id, its job types, shared memory, and the reports of its event loop."""

    def __init__(self) -> None:
        self.id = uuid7().hex
        self.types = [one.slug for one in registry.all()]
        self.limits = registry.limits()
        self.unlimited_types = [one for one in self.types if one not in self.limits]
        # To which `shared_task` and `current_app` lead in handlers.
        self.project_app: Celery = current_app._get_current_object()
        self.running = RunningAttempts()
        self.interrupts = Interrupts(self.running)
        self.backlog = Backlog()
        self.fork_lock = ForkLock()
        # Put by the event loop, read by the agent; None asks the agent to end.
        self.crashes: queue.SimpleQueue[CrashedAttempt | None] = queue.SimpleQueue()
        self.stop_agent: Callable[[], object] = lambda: None

    @property
    def actor(self) -> str:
        """The name under which this worker's events are stored."""
        return f"worker {self.id}"


_this_worker: WorkerState | None = None


def start_worker() -> WorkerState:
    """Make the state of this worker; called once, before its main process forks."""
    global _this_worker
    _this_worker = WorkerState()
    _this_worker.fork_lock.register()
    return _this_worker


def current_worker() -> WorkerState | None:
    """Return the state of the worker to which this process belongs; None outside a worker."""
    return _this_worker
