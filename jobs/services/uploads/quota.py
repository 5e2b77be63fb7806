"""Limits the bytes of files without a job of each account, so that none can fill the disk."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Sum

from jobs.errors import UploadRefused
from jobs.models import Upload
from jobs.services.caller import Caller
from jobs.uploads import format_size

ACCOUNT_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def check_quota(caller: Caller, size: int) -> None:
    """Refuse a file of `size` with which the caller's unused files would exceed the limit.

    A command has no limit.

    Raises: UploadRefused.
    """
    limit = settings.UPLOAD_UNUSED_LIMIT_BYTES
    if caller.user is None:
        return
    unused = Upload.objects.filter(created_by=caller.user.pk, unused_since__isnull=False)
    kept = unused.aggregate(size=Sum("size", default=0))["size"]
    if kept + size > limit:
        sentence = (
            f"Your files that no job uses take {format_size(kept)}, and the limit is"
            f" {format_size(limit)}. Launch the jobs that they are for, or wait: each is deleted a"
            " day after it was sent."
        )
        raise UploadRefused(409, "too_many_uploads", sentence)


def lock_and_check_quota(caller: Caller, size: int) -> None:
    """Check the quota; until the transaction ends, the account's other files wait for their check.

    Raises: UploadRefused.
    """
    if caller.user is not None:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(ACCOUNT_LOCK, [f"jobs.upload {caller.user.pk}"])
    check_quota(caller, size)
