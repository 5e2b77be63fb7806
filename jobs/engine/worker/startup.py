"""The receivers of Celery's signals: what each process of a worker does at its start and end.

Celery imports this module in a worker and nothing else does, so no other process has a worker's
state.
"""

import gc
import logging
import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

from celery import Celery
from celery.signals import (
    celeryd_init,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from jobs import registry
from jobs.database import WORKER_DB, await_tables, name_process
from jobs.engine.worker import isolation, output, replacement, sessions
from jobs.engine.worker.agent import Agent
from jobs.engine.worker.soft_shutdown import wait_for_jobs
from jobs.engine.worker.state import current_worker, start_worker
from jobs.engine.worker.tasks import run_job
from jobs.engine.worker.transport import JobConnection
from jobs.engine.wrong_servers import refuse_wrong_servers

logger = logging.getLogger(__name__)


@celeryd_init.connect
def choose_queues(instance: Any, **kwargs: Any) -> None:
    """Serve the queues of the registered types, and the one task; -Q and -X still choose.

    Only a worker started with -Q maintenance serves that queue: business jobs cannot fill its
    slots.
    """
    app: Celery = instance.app
    app.amqp.Connection = JobConnection
    for queue in set(registry.queues()) - {registry.MAINTENANCE}:
        app.amqp.queues.select_add(queue)
    # Celery's own nine can start other tasks; any client that writes to Redis could ask for them.
    for name in set(app.tasks) - {run_job.name}:
        app.tasks.unregister(name)


@worker_init.connect
def prepare_main_process(sender: Any, **kwargs: Any) -> None:
    """Wait for the tables of this version before the first fork; a signal ends the wait.

    Raises: SystemExit if a job type or a server is wrong; Celery only logs other exceptions.
    """
    name_process("worker main")
    if errors := [error for error in run_checks(tags=["jobs"]) if error.is_serious()]:
        raise SystemExit("\n".join(map(str, errors)))
    try:
        refuse_wrong_servers(WORKER_DB)
    except ImproperlyConfigured as error:
        raise SystemExit(str(error)) from error
    # Other workers on this Redis, of the project's own app or of ours, are none of its business;
    # and publishing a heartbeat blocks the worker while Redis hangs.
    sender.options.update(without_gossip=True, without_mingle=True, without_heartbeat=True)
    await_tables(logger, "The worker waits", using=WORKER_DB, stopped=threading.Event())
    start_worker()


@worker_process_init.connect
def prepare_pool_process(**kwargs: Any) -> None:
    """Let the main process interrupt this pool process, and keep its jobs apart from each other."""
    name_process("worker pool")
    if worker := current_worker():
        worker.interrupts.listen()
        # Celery has made our app the default one of all threads but this.
        worker.project_app.set_default()
    isolation.isolate_jobs()
    sessions.watch_connections()
    output.watch_forks()
    replacement.watch_pool_loop()


@worker_ready.connect
def start_agent(sender: Any, **kwargs: Any) -> None:
    """Start the agent when the worker consumes; `sender` is Celery's consumer."""
    gc.freeze()  # Celery collects before each fork: what is loaded by now need not be searched
    worker = current_worker()
    assert worker is not None
    # Celery starts a new pool process up to 5 seconds after one ended.
    maintain_pool = partial(sender.hub.call_soon, sender.pool.maintain_pool)
    queues = sorted(sender.app.amqp.queues.consume_from)
    consume = partial(_consume, sender, queues)
    agent = Agent(worker, sender.pool.limit, queues, maintain_pool, consume)
    agent.start()
    worker.stop_agent = agent.stop
    seconds = sender.app.conf.worker_soft_shutdown_timeout
    sender.controller.wait_for_soft_shutdown = partial(wait_for_jobs, worker, seconds)


def _consume(consumer: Any, queues: Sequence[str], wanted: bool) -> None:
    """Have the event loop read the worker's queues, or none of them: then it is drained."""
    consumer.hub.call_soon(_read_queues, consumer, queues, wanted)


def _read_queues(consumer: Any, queues: Sequence[str], wanted: bool) -> None:
    for queue in queues:
        try:
            if wanted:
                consumer.add_task_queue(queue)
            else:
                consumer.cancel_task_queue(queue)
        except Exception:  # Redis is away: the next connection reads the queues chosen by now
            logger.exception("queue %s is read, or left, once Redis is back", queue)


@worker_shutdown.connect
def stop_agent(**kwargs: Any) -> None:
    """End the agent: the worker takes nothing more, and gives back what it holds."""
    if worker := current_worker():
        worker.stop_agent()


@worker_shutting_down.connect
def close_backlog(**kwargs: Any) -> None:
    """Have the pool processes return to Celery after their jobs."""
    if worker := current_worker():
        worker.backlog.close()


@worker_shutting_down.connect
def stop_agent_if_cold(how: str, **kwargs: Any) -> None:
    """Do the same at a cold shutdown, which sends no worker_shutdown.

    SIGTERM is one after its 25 s, with REMAP_SIGTERM=SIGQUIT.
    """
    if how == "Cold":
        stop_agent()
