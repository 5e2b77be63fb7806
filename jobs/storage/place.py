"""What every kind of storage of job files can do, and the one translation of its errors."""

import errno
import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Protocol

from jobs.errors import StorageUnavailable

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Content(Protocol):
    """The bytes of a stored file from one position on; one with a `fileno` is sent by sendfile."""

    def read(self, size: int) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class StoredFile:
    """A file in the storage; `facts` are its size and the time at which it was stored."""

    name: str
    facts: Callable[[], tuple[int, float]]  # raises FileNotFoundError if it is gone


class Place(ABC):
    """A storage of job files: a directory or a bucket. All names are relative to it.

    Raises: StorageUnavailable by every method, for every error of the storage. Only `open` and
    `read` raise FileNotFoundError.
    """

    variable: str  # that names the storage in the settings
    has_directories: bool  # or a prefix without objects lists as empty

    def __init_subclass__(cls) -> None:
        for name, method in list(vars(cls).items()):
            if inspect.isfunction(method) and not name.startswith("_"):
                setattr(cls, name, _translated(method))

    @abstractmethod
    def address(self) -> str:
        """Return the storage's address, for operators."""

    @abstractmethod
    def directories(self, path: str) -> Iterator[str]:
        """Yield the names of the directories in `path`; "" is the storage itself."""

    @abstractmethod
    def files(self, path: str) -> Iterator[StoredFile]:
        """Yield the files in the directory `path`."""

    @abstractmethod
    def files_below(self, path: str) -> Iterator[StoredFile]:
        """Yield the files in `path` and in all directories below it."""

    @abstractmethod
    def exists(self, name: str) -> bool:
        """Return whether there is a file of this name."""

    @abstractmethod
    def open(self, name: str, offset: int, length: int | None) -> Content:
        """Return the content from `offset` on; it has at least `length` bytes, if that is given.

        Raises: FileNotFoundError.
        """

    @abstractmethod
    def read(self, name: str) -> bytes:
        """Return the content of a small file. Raises: FileNotFoundError."""

    @abstractmethod
    def replace(self, name: str, content: bytes) -> None:
        """Write a small file: after a crash it has the old content or the new one."""

    @abstractmethod
    def save(self, name: str, content: IO[bytes]) -> str:
        """Store a new file, in constant memory; return its name."""

    @abstractmethod
    def move(self, names: Mapping[str, str]) -> int:
        """Move files to their new names, and return how many; files that are gone do not count."""

    @abstractmethod
    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that are gone are no error."""

    @abstractmethod
    def remove_empty(self, path: str, below: bool = False) -> None:
        """Remove a directory if it is empty; with `below`, the empty ones in it first."""

    @abstractmethod
    def drop_unfinished(self, before: datetime) -> None:
        """Delete what is left of files whose upload began before that time and never ended."""

    def unavailable(self, error: Exception) -> StorageUnavailable:
        """Return what an error of the storage is called by every part of the site."""
        reason, details = self._reason(error)
        return StorageUnavailable(
            f"The storage of files cannot be used: {reason}.",
            f"{self.variable} cannot be used: {details}.",
        )

    def _reason(self, error: Exception) -> tuple[str, str]:
        """Return why the storage failed, for callers, and the same with details for operators."""
        text = str(error).strip().rstrip(".") or type(error).__name__
        if isinstance(error, OSError):
            return error.strerror or text, text
        return type(error).__name__, f"{type(error).__name__}: {text}"


def has_no_room(error: BaseException | None) -> bool:
    """Return whether a disk is full, a quota reached, or a file too large for its disk."""
    return isinstance(error, OSError) and error.errno in NO_ROOM


def _translated(method: Callable[..., Any]) -> Callable[..., Any]:
    may_miss = method.__name__ in ("open", "read")

    def fail(place: Place, error: Exception) -> None:
        if isinstance(error, StorageUnavailable):
            raise error
        if may_miss and isinstance(error, FileNotFoundError):
            raise error
        raise place.unavailable(error) from error

    @functools.wraps(method)
    def call(place: Place, *args: Any, **options: Any) -> Any:
        try:
            return method(place, *args, **options)
        except Exception as error:
            fail(place, error)

    @functools.wraps(method)
    def iterate(place: Place, *args: Any, **options: Any) -> Iterator[Any]:
        items = method(place, *args, **options)
        while True:
            try:
                item = next(items)
            except StopIteration:
                return
            except Exception as error:
                fail(place, error)
            yield item

    return iterate if inspect.isgeneratorfunction(method) else call
