"""The Django project: settings and wiring; the rules about jobs are in `jobs`."""

from backoffice.celery import app as celery_app

# The version of the product: docs/contributing.md says where else a release writes it.
__version__ = "1.0.0"

__all__ = ["celery_app"]
