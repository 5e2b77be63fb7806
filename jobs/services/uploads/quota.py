"""How many bytes of files that no job has one account may keep, so that it cannot fill the disk."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Sum

from jobs.errors import UploadRefused
from jobs.models import Upload
from jobs.services.caller import Caller
from jobs.uploads import format_size

ACCOUNT_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def check_quota(caller: Caller, size: int) -> None:
    """Raises: UploadRefused if the caller's unused files would have more bytes than allowed.

    A command has no limit.
    """
    limit = settings.UPLOAD_UNUSED_LIMIT_BYTES
    if caller.user is None:
        return
    unused = Upload.objects.filter(created_by=caller.user.pk, unused_since__isnull=False)
    kept = unused.aggregate(size=Sum("size", default=0))["size"]
    if kept + size > limit:
        sentence = (
            f"You keep {format_size(kept)} of files that no job has, and {format_size(limit)} is"
            " the most. Launch the jobs that they are for, or wait: each is deleted a day after it"
            " was sent."
        )
        raise UploadRefused(409, "too_many_uploads", sentence)


def check_quota_alone(caller: Caller, size: int) -> None:
    """The same for one file at a time, until the transaction ends."""
    if caller.user is not None:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(ACCOUNT_LOCK, [f"jobs.upload {caller.user.pk}"])
    check_quota(caller, size)
