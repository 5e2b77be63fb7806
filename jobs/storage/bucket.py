"""Files of jobs in a bucket of S3 or of a server that speaks its protocol (FILES_URL).

Hosts share nothing else. The library django-storages makes the client and uploads; reading goes to
the client itself, because a file that the library opens is copied to the disk as a whole first.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from functools import cached_property
from typing import IO, Any

from django.core.files import File

from jobs.storage.names import job_of
from jobs.storage.place import Content, Place, StoredFile

# Each file is a request or three, which take 10 to 30 ms at most providers.
AT_ONCE = 8
SERVER_REASONS = {
    "AccessDenied": "it refuses access",
    "403": "it refuses access",
    "Forbidden": "it refuses access",
    "InvalidAccessKeyId": "it does not know the access key",
    "SignatureDoesNotMatch": "it does not accept the secret key",
    "ExpiredToken": "the access key has expired",
    "RequestTimeTooSkewed": "its clock and this machine's differ",
    "NoSuchBucket": "there is no such bucket",
    "SlowDown": "it is busy",
    "503": "it is busy",
    "ServiceUnavailable": "it is busy",
}
# By the names of botocore's classes, so that the package is needed only where it is used.
CLIENT_REASONS = {
    "ConnectTimeoutError": "it does not answer in time",
    "ReadTimeoutError": "it does not answer in time",
    "SSLError": "its certificate is not trusted",
    "NoCredentialsError": "no access key is set",
    "PartialCredentialsError": "no access key is set",
    "ConnectionError": "it cannot be reached",
    "HTTPClientError": "it cannot be reached",
    "IncompleteReadError": "it ended a file too early",
}


class Bucket(Place):
    """A bucket, through the storage of django-storages."""

    variable = "FILES_URL"
    has_directories = False

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self._bucket = storage.bucket_name
        self._prefix = f"{storage.location}/" if storage.location else ""

    @cached_property
    def _client(self) -> Any:
        # One for all threads, which boto3 allows; the library would make one for each, slowly.
        return self._storage.connection.meta.client

    def address(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}"

    def directories(self, path: str) -> Iterator[str]:
        start = self._key(f"{path}/" if path else "")
        for page in self._pages("list_objects_v2", Prefix=start, Delimiter="/"):
            for entry in page.get("CommonPrefixes", ()):
                yield entry["Prefix"].removeprefix(start).rstrip("/")

    def files(self, path: str) -> Iterator[StoredFile]:
        for page in self._pages("list_objects_v2", Prefix=self._key(f"{path}/"), Delimiter="/"):
            yield from map(self._stored_file, page.get("Contents", ()))

    def files_below(self, path: str) -> Iterator[StoredFile]:
        for page in self._pages("list_objects_v2", Prefix=self._key(f"{path}/")):
            yield from map(self._stored_file, page.get("Contents", ()))

    def exists(self, name: str) -> bool:
        # Not HEAD: its refusals have no body, so a missing bucket would look like a missing file.
        try:
            self._get(name, Range="bytes=0-0").close()
        except Exception as error:
            if _code(error) == "NoSuchKey":
                return False
            if _code(error) != "InvalidRange":  # of a file without bytes
                raise
        return True

    def open(self, name: str, offset: int, length: int | None) -> Content:
        part = {} if length is None else {"Range": f"bytes={offset}-{offset + length - 1}"}
        try:
            return ObjectContent(self, self._get(name, **part))
        except Exception as error:
            if _code(error) == "NoSuchKey":
                raise FileNotFoundError(name) from error
            raise

    def read(self, name: str) -> bytes:
        with closing(self.open(name, 0, None)) as content:
            return content.read(-1)

    def replace(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._key(name), Body=content)

    def save(self, name: str, content: IO[bytes]) -> str:
        stored_name: str = self._storage.save(name, File(content))
        return stored_name

    def move(self, names: Mapping[str, str]) -> int:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(self._move, names, names.values()))

    def delete(self, names: Iterable[str]) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._delete, names):
                pass

    def remove_empty(self, path: str, below: bool = False) -> None:
        """Do nothing: a bucket has no directories."""

    def drop_unfinished(self, before: datetime) -> None:
        for page in self._pages("list_multipart_uploads", Prefix=self._prefix):
            for upload in page.get("Uploads", ()):
                name = upload["Key"].removeprefix(self._prefix)
                if upload["Initiated"] < before and job_of(name):
                    self._client.abort_multipart_upload(
                        Bucket=self._bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def _reason(self, error: Exception) -> tuple[str, str]:
        code = _code(error)
        kinds = (kind.__name__ for kind in type(error).__mro__)
        by_kind = next((CLIENT_REASONS[kind] for kind in kinds if kind in CLIENT_REASONS), "")
        reason = SERVER_REASONS.get(code, f"it answered {code}") if code else by_kind
        if not reason:
            return super()._reason(error)
        return reason, f"{reason} ({self.address()}: {error})"

    def _get(self, name: str, **part: str) -> Any:
        return self._client.get_object(Bucket=self._bucket, Key=self._key(name), **part)["Body"]

    def _pages(self, operation: str, **query: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(Bucket=self._bucket, **query)
        return iter(pages)

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _stored_file(self, entry: Mapping[str, Any]) -> StoredFile:
        facts = entry["Size"], entry["LastModified"].timestamp()
        return StoredFile(entry["Key"].removeprefix(self._prefix), lambda: facts)

    def _move(self, name: str, new_name: str) -> bool:
        source = {"Bucket": self._bucket, "Key": self._key(name)}
        config = self._storage.transfer_config
        try:
            self._client.copy(source, self._bucket, self._key(new_name), Config=config)
        except Exception as error:
            if _code(error) not in ("404", "NoSuchKey"):  # by HEAD, or by the copy itself
                raise
            return False
        self._delete(name)
        return True

    def _delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._key(name))


class ObjectContent:
    """The content of an object, as it arrives."""

    def __init__(self, place: Place, body: Any) -> None:
        self._place = place
        self._body = body

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes, all for -1. Raises: StorageUnavailable."""
        try:
            found: bytes = self._body.read(None if size < 0 else size)
        except Exception as error:
            raise self._place.unavailable(error) from error
        return found

    def close(self) -> None:
        """Close the connection if not all was read."""
        self._body.close()


def _code(error: Exception) -> str:
    """Return the code by which the server refused; "" if it did not answer."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
