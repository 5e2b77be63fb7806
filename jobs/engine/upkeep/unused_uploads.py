"""Deletes uploads that no job has had for a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs import database, lifecycle, storage
from jobs.database import WORKER_DB
from jobs.models import UNUSED_KEPT, JobUpload, Upload

UPLOADS_A_STEP = 500


@dataclass(frozen=True)
class Removed:
    """How many uploads a step removed, or would remove, and their bytes."""

    count: int
    size: int


def remove_unused_uploads(*, whole: bool, dry_run: bool) -> Iterator[Removed]:
    """Delete unused uploads, in steps, and yield what each step did.

    Without `whole` only those that an index lists. The others have lost their job by other ways
    than the lifecycle.
    """
    last = UUID(int=0)
    while found := list(_unused(whole).filter(id__gt=last)[:UPLOADS_A_STEP]):
        names = {upload.stored_name for upload in found}
        if not dry_run:
            names = set(lifecycle.remove_uploads([one.id for one in found], using=WORKER_DB))
            storage.discard([*names], using=WORKER_DB)
        removed = [upload.size for upload in found if upload.stored_name in names]
        yield Removed(len(removed), sum(removed))
        last = found[-1].id


def _unused(whole: bool) -> QuerySet[Upload]:
    before = database.now(WORKER_DB) - UNUSED_KEPT
    uploads = Upload.objects.using(WORKER_DB).only("id", "size", "stored_name").order_by("id")
    if not whole:
        return uploads.filter(unused_since__lt=before)
    links = JobUpload.objects.filter(upload=OuterRef("id"))
    without_job = Q(~Exists(links), unused_since=None, created_at__lt=before)
    return uploads.filter(Q(unused_since__lt=before) | without_job)
