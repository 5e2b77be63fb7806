"""Which queues and tasks a worker has when it starts."""

from types import SimpleNamespace

from celery import Celery

from jobs import registry
from jobs.engine.worker.startup import choose_queues


def test_a_worker_takes_from_every_queue_that_a_type_names_unless_told_otherwise(make_type):
    make_type(queue="bulk")
    queues = a_worker().amqp.queues
    assert {"default", "bulk"} <= set(queues.consume_from)
    queues.select("bulk")  # as -Q does
    assert set(queues.consume_from) == {"bulk"}


def test_only_a_worker_started_for_it_serves_the_queue_of_bulk_actions():
    assert registry.MAINTENANCE in registry.queues()
    queues = a_worker().amqp.queues
    assert registry.MAINTENANCE not in queues.consume_from
    queues.select(registry.MAINTENANCE)  # as -Q does
    assert set(queues.consume_from) == {registry.MAINTENANCE}


def a_worker() -> Celery:
    app = Celery("probe", set_as_current=False)
    app.conf.task_default_queue = "default"
    choose_queues(SimpleNamespace(app=app))
    return app
