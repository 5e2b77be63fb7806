"""The Django project of a shop, to which docs/adopting.md adds jobs."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
