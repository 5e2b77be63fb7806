"""What a worker serves: every queue that a registered type names, and no task but ours."""

from typing import Any

from celery import Celery
from celery.signals import celeryd_init

from jobs import registry
from jobs.lifecycle import TASK


@celeryd_init.connect
def serve(instance: Any, **kwargs: Any) -> None:
    """Before the worker takes its options: -Q and -X still choose among the queues."""
    app: Celery = instance.app
    for queue in registry.queues():
        app.amqp.queues.select_add(queue)
    # Celery's own nine can start other tasks; whoever writes to Redis could ask for them.
    for name in set(app.tasks) - {TASK}:
        app.tasks.unregister(name)
