"""Which queues and tasks a worker has when it starts."""

from types import SimpleNamespace

from celery import Celery

from jobs.engine.serving import serve


def test_a_worker_takes_from_every_queue_that_a_type_names_unless_told_otherwise(make_type):
    make_type(queue="bulk")
    queues = a_worker().amqp.queues
    assert {"default", "bulk"} <= set(queues.consume_from)
    queues.select("bulk")  # as -Q does
    assert set(queues.consume_from) == {"bulk"}


def a_worker() -> Celery:
    app = Celery("probe", set_as_current=False)
    app.conf.task_default_queue = "default"
    serve(SimpleNamespace(app=app))
    return app
