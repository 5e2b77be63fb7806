"""Responses with a file of a job, for admin and API: as attachments, whole or in part.

Source: RFC 9110 (conditional requests 13, ranges 14), RFC 6266 (Content-Disposition).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
)
from django.utils.http import parse_etags

from jobs import storage
from jobs.errors import DownloadRefused
from jobs.held_threads import held_threads
from jobs.models import JobFile, Upload
from jobs.storage import Content

BUSY_RETRY_AFTER_SECONDS = 5
RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$&+.^_`{}~()=@,'-]+")


def attachment(request: HttpRequest, file: JobFile | Upload) -> HttpResponseBase:
    """Return the response to GET or HEAD: 200, 206 with the requested range, or 304.

    Raises: FileNotFoundError if the content is gone; DownloadRefused (412, 416, 503);
    StorageUnavailable.
    """
    etag = f'"{file.sha256}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(file.name),
        "X-Content-Type-Options": "nosniff",
    }
    if _is_known(request, etag):
        return HttpResponseNotModified(headers=_only(headers, "ETag", "Cache-Control"))
    if request.method == "HEAD":
        _check_stored(file)
        headers["Content-Length"] = str(file.size)
        return HttpResponse(headers=headers, content_type=file.content_type)
    is_conditional = "If-Match" in request.headers or "If-Range" in request.headers
    if settings.FILES_ACCEL_PREFIX and not is_conditional:
        _check_stored(file)
        headers["X-Accel-Redirect"] = settings.FILES_ACCEL_PREFIX + quote(file.stored_name)
        del headers["Accept-Ranges"]  # nginx adds its own
        return HttpResponse(headers=headers, content_type=file.content_type)
    return _streamed(file, _part(request, file, etag), headers)


def held_stream(lines: Iterable[str]) -> Iterator[str]:
    """Return `lines` for a StreamingHttpResponse, and count its web thread as held until it ends.

    Raises: DownloadRefused (503), at once.
    """
    return _Lines(lines, _hold())


def disposition(name: str) -> str:
    """Return Content-Disposition to save a file as `name`, with an ASCII name for old clients."""
    if PLAIN_NAME.fullmatch(name):
        return f'attachment; filename="{name}"'
    parts = unicodedata.normalize("NFKD", name)
    plain = "".join(one for one in parts if not unicodedata.combining(one))
    plain = re.sub(r'[^\x20-\x7e]|["\\%/:;*?<>|]', "_", plain).strip() or "file"
    encoded = quote(name, safe="", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _is_known(request: HttpRequest, etag: str) -> bool:
    """Return whether the client has this content already (304).

    Raises: DownloadRefused (412) if If-Match asks for other content.
    """
    wanted = request.headers.get("If-Match")
    if wanted is not None and not {"*", etag} & set(parse_etags(wanted)):
        detail = "The file has another ETag."
        raise DownloadRefused(412, "precondition_failed", detail, {"ETag": etag})
    given = parse_etags(request.headers.get("If-None-Match", ""))
    known = [one.removeprefix("W/") for one in given]
    return "*" in known or etag in known


def _part(request: HttpRequest, file: JobFile | Upload, etag: str) -> tuple[int, int] | None:
    """Return offset and length of the requested Range; None for the whole file.

    Multiple ranges, other units and malformed values are ignored, as RFC 9110 allows.
    Raises: DownloadRefused (416).
    """
    found = RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or request.headers.get("If-Range", etag).strip() != etag:
        return None
    first, last = (_byte_position(text) for text in found.groups())
    if first is None:
        if last is None or (last and not file.size):
            return None
        length = min(last, file.size)
        first, last = file.size - length, file.size - 1
    elif last is not None and last < first:
        return None
    if first >= file.size:
        detail, headers = (
            f"The file has {file.size} bytes.",
            {"Content-Range": f"bytes */{file.size}"},
        )
        raise DownloadRefused(416, "range_not_satisfiable", detail, headers)
    end = file.size if last is None else min(last + 1, file.size)
    return first, end - first


def _byte_position(text: str) -> int | None:
    # 20 digits exceed the size of any file, and Python refuses to read thousands of them.
    return int(text.lstrip("0")[:20] or "0") if text else None


def _streamed(
    file: JobFile | Upload, part: tuple[int, int] | None, headers: dict[str, str]
) -> FileResponse:
    offset, length = part or (0, file.size)
    headers["Content-Length"] = str(length)
    if part:
        headers["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{file.size}"
    release = _hold()  # before the storage is asked, because one that hangs holds the thread too
    try:
        content = storage.open_part(file.stored_name, offset, length if part else None)
    except BaseException:
        release()
        raise
    return FileResponse(
        _Part(content, length, release),
        status=206 if part else 200,
        headers=headers,
        content_type=file.content_type,
    )


def _check_stored(file: JobFile | Upload) -> None:
    """Check that the storage has the file, if a thread may wait for it.

    Raises: FileNotFoundError, StorageUnavailable.
    """
    release = held_threads.hold()
    if release is None:
        return
    try:
        if not storage.exists(file.stored_name):
            raise FileNotFoundError(file.stored_name)
    finally:
        release()


def _hold() -> Callable[[], None]:
    release = held_threads.hold()
    if release is None:
        detail = "Too many downloads at once; try again in a few seconds."
        headers = {"Retry-After": str(BUSY_RETRY_AFTER_SECONDS)}
        raise DownloadRefused(503, "too_many_downloads", detail, headers)
    return release


def _only(headers: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: headers[name] for name in names}


class _Part:
    """The next `length` bytes of an open file; `fileno` lets gunicorn send them by sendfile.

    What comes from a bucket has none: gunicorn then calls `read`.
    """

    def __init__(self, content: Content, length: int, release: Callable[[], None]) -> None:
        self._content: Any = content
        self._left = length
        self._release = release

    def read(self, size: int) -> bytes:
        found: bytes = self._content.read(min(size, self._left))
        self._left -= len(found)
        return found

    def fileno(self) -> int:
        number: int = self._content.fileno()
        return number

    def close(self) -> None:
        self._content.close()
        self._release()


class _Lines:
    """An iterator whose `close` releases the thread; a generator does not close before it began."""

    def __init__(self, lines: Iterable[str], release: Callable[[], None]) -> None:
        self._lines = iter(lines)
        self._release = release

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def close(self) -> None:
        self._release()
