"""The storage that the settings choose."""

from functools import lru_cache

from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, Storage, storages

from jobs.storage.bucket import Bucket
from jobs.storage.directory import Directory
from jobs.storage.place import Place


def place() -> Place:
    """Return the storage of job files, STORAGES["jobs"]."""
    return _place_of(storages["jobs"])


@lru_cache(maxsize=1)
def _place_of(storage: Storage) -> Place:
    if isinstance(storage, FileSystemStorage):
        return Directory(storage)
    if hasattr(storage, "bucket_name"):
        return Bucket(storage)
    kind = type(storage).__name__
    raise ImproperlyConfigured(
        f'STORAGES["jobs"] is a {kind}; files of jobs need a FileSystemStorage or an S3Storage.'
    )
