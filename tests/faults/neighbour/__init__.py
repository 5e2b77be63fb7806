"""A project that has a Celery app and tasks of its own beside the jobs, as adopters do."""

from tests.faults.neighbour.celery import app as celery_app

__all__ = ["celery_app"]
