"""What a worker serves: the queues that registered types name, and no task but ours."""

import gc
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, worker_ready

from jobs import registry
from jobs.engine.worker.transport import JobConnection
from jobs.lifecycle import TASK


@celeryd_init.connect
def serve(instance: Any, **kwargs: Any) -> None:
    """Before the worker takes its options: -Q and -X still choose among the queues.

    Only a worker started with -Q maintenance serves that queue: business jobs cannot fill its
    slots.
    """
    app: Celery = instance.app
    app.amqp.Connection = JobConnection
    for queue in set(registry.queues()) - {registry.MAINTENANCE}:
        app.amqp.queues.select_add(queue)
    # Celery's own nine can start other tasks; any client that writes to Redis could ask for them.
    for name in set(app.tasks) - {TASK}:
        app.tasks.unregister(name)


@worker_ready.connect
def freeze(**kwargs: Any) -> None:
    """Leave what is loaded out of garbage collection: Celery collects before each child that it forks."""
    gc.freeze()
