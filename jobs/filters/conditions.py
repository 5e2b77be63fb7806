"""Conditions on several columns: start, cause of a failure, acknowledgement."""

from datetime import datetime
from typing import Any

from django.db.models import Q

from jobs import about
from jobs.models import SETTLED, JobQuerySet, Status

# The value of the filter `fingerprint` for jobs that failed before there were fingerprints.
NO_FINGERPRINT = "none"


def started_since(at: datetime) -> Q:
    """The condition for jobs that started at `at` or later.

    They run, or have ended later: both have an index, and `started_at` has none.
    """
    ended = Q(status__in=SETTLED, finished_at__gte=at)
    return (ended | Q(status=Status.PROCESSING)) & Q(started_at__gte=at)


def of_fingerprint(value: str) -> Q:
    """The condition for jobs that failed with one cause."""
    fingerprint = "" if value == NO_FINGERPRINT else value.lower()
    return Q(fingerprint=fingerprint, status=Status.FAILED)


def unseen_as_of(at: datetime | None) -> Q:
    """The condition for failures that were not acknowledged at a moment; None is now."""
    unseen = Q(acknowledged_at=None)
    if at is not None:
        unseen |= Q(acknowledged_at__gt=at)
    return unseen & Q(status=Status.FAILED)


def jobs_about_text(user: Any, jobs: JobQuerySet, text: str) -> JobQuerySet:
    """Return those of `jobs` that are about the object `text` names; none if it names none."""
    reference = about.parse_reference(text)
    return about.jobs_about(user, jobs, reference) if reference else jobs.none()
