"""Launches job types of the examples and reads what became of the jobs."""

from datetime import datetime

from catalog.models import Sale
from django.core.files.storage import storages
from django.utils import timezone

from jobs import services
from jobs.models import Status
from tests.support.polling import wait_until


def launch(user, slug, about=None, **params):
    """A job of the user."""
    return services.submit(services.code_caller(user), type=slug, params=params, about=about).job


def ended(job, seconds=60):
    """The job, once it is settled."""
    wait_until(lambda: job.refresh_from_db() or job.is_settled, seconds)
    return job


def completed(job):
    """The result of the job, which must not fail."""
    assert ended(job).status == Status.COMPLETED, (job.error_message, job.error_traceback)
    return job.result


def content(job):
    """The bytes of its one file."""
    with storages["jobs"].open(job.files.get().stored_name) as file:
        return file.read()


def log_of(job):
    """The lines of its log."""
    return [line.message for line in job.logs.order_by("seq")]


def running(job):
    """Wait until a worker has claimed it."""
    wait_until(lambda: job.refresh_from_db() or job.status == Status.PROCESSING)


def sell(product, day, pieces, price="2.00"):
    """Store a sale."""
    at = timezone.make_aware(datetime.fromisoformat(day))
    Sale.objects.create(product=product, sold_at=at, pieces=pieces, price=price)
