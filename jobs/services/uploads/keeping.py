"""Stores uploads, and deletes those that no job has."""

from typing import NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from uuid_utils.compat import uuid7

from jobs import access, database, lifecycle, storage
from jobs.errors import KeyReused, NotPermitted, UploadRefused
from jobs.models import Upload
from jobs.services.caller import Caller
from jobs.services.uploads.checking import check_incoming, rules_for
from jobs.services.uploads.incoming import Incoming
from jobs.services.uploads.quota import check_quota, lock_and_check_quota
from jobs.uploads import FileRules


class KeptUpload(NamedTuple):
    """The stored upload; if `replayed`, that of an earlier request under the same key."""

    upload: Upload
    replayed: bool


def keep_upload(
    caller: Caller,
    incoming: Incoming,
    *,
    rules: FileRules | None = None,
    idempotency_key: str | None = None,
) -> KeptUpload:
    """Check and store a file. A known key returns the upload of the first request.

    Raises: NotPermitted, UploadRefused, KeyReused; StorageUnavailable, ScannerUnavailable,
    DatabaseUnavailable. Then nothing is kept.
    """
    check_upload_right(caller)
    key = idempotency_key if caller.user is not None else None
    if found := _earlier(caller, incoming, key):
        return KeptUpload(found, replayed=True)
    check_quota(caller, incoming.size)
    check_incoming(rules or rules_for(), incoming)
    upload = Upload(
        id=uuid7(),
        name=incoming.name,
        content_type=incoming.content_type,
        size=incoming.size,
        sha256=incoming.sha256,
        created_by=caller.user,
        idempotency_key=key,
    )
    storage.check_present(DEFAULT_DB_ALIAS)
    upload.stored_name = storage.save(upload.id, incoming.file)
    try:
        with database.raising(database.unavailable), transaction.atomic():
            lock_and_check_quota(caller, incoming.size)
            upload.save(force_insert=True)
            upload.refresh_from_db(fields=["created_at", "unused_since"])
    except (UploadRefused, IntegrityError):
        storage.drop(upload.stored_name)
        if found := _earlier(caller, incoming, key):
            return KeptUpload(found, replayed=True)
        raise
    return KeptUpload(upload, replayed=False)


def check_upload_right(caller: Caller) -> None:
    """Raises: NotPermitted if the caller may not send files."""
    if not access.may_launch_some(caller.user):
        raise NotPermitted(f"A file needs the permission jobs.add_job, which {caller.name} lacks.")


def delete_upload(caller: Caller, upload_id: UUID) -> None:
    """Delete an upload of the caller's that no job has.

    Raises: Upload.DoesNotExist; UploadRefused if a job has it.
    """
    upload = access.own_uploads(caller.user).get(id=upload_id)
    names = lifecycle.remove_uploads([upload.id])
    if not names:
        upload.refresh_from_db(fields=["id"])  # DoesNotExist if a request beside this deleted it
        sentence = "A job has this upload: it is deleted with the job."
        raise UploadRefused(409, "upload_in_use", sentence)
    database.after_commit(lambda: storage.discard(names, using=DEFAULT_DB_ALIAS))


def _earlier(caller: Caller, incoming: Incoming, key: str | None) -> Upload | None:
    """The upload under the key. Raises: KeyReused if it is another file."""
    if key is None:
        return None
    with database.raising(database.unavailable):
        found = access.own_uploads(caller.user).filter(idempotency_key=key).first()
    if found and (found.sha256, found.name) != (incoming.sha256, incoming.name):
        raise KeyReused("This idempotency key was used before, for another file.")
    return found
