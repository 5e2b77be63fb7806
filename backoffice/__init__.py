"""The Django project: wiring, no rules of the domain."""

from backoffice.celery import app as celery_app

__all__ = ["celery_app"]
