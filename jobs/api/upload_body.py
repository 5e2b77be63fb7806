"""Reads the file in the body of a request: the body itself, or a part of multipart/form-data."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.http import parse_header_parameters
from rest_framework.request import Request

from jobs import registry, services
from jobs.api.http.error_entries import body_error, escaped, header_error, query_error
from jobs.api.http.problems import Problem, invalid_request
from jobs.api.http.requests import invalid_parameter
from jobs.errors import UnknownJobType, UploadRefused
from jobs.services import Incoming
from jobs.uploads import FileRules

FILE_PART = "file"
MULTIPART = "multipart/form-data"
FRAME_BYTES = 64 * 1024  # of a multipart body, around its file
DIGESTS = ("Repr-Digest", "Content-Digest")
SHA256 = re.compile(r"[0-9a-f]{64}")
DIGEST_ITEM = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):")


@dataclass(frozen=True)
class Expected:
    """What the caller says about the file; None for what it does not say."""

    size: int | None
    sha256: str | None

    def check(self, incoming: Incoming) -> None:
        """Raises: UploadRefused if another file arrived."""
        if self.size not in (None, incoming.size):
            sentence = f"The file has {incoming.size:,} bytes, not {self.size:,}."
            raise UploadRefused(400, "content_mismatch", sentence)
        if self.sha256 not in (None, incoming.sha256):
            sentence = f"The file has the SHA-256 {incoming.sha256}, not {self.sha256}."
            raise UploadRefused(400, "content_mismatch", sentence)


def is_multipart(request: Request) -> bool:
    """Whether the file is a part of the body."""
    return request._request.content_type == MULTIPART


def read_rules(request: Request) -> FileRules:
    """The rules of the site, and of the job type in `?type=`. Raises: Problem (400)."""
    slug = request.query_params.get("type")
    job_type = registry.find(slug) if slug else None
    if slug and job_type is None:
        raise invalid_parameter("type", str(UnknownJobType(slug)))
    return services.rules_for(job_type)


def read_expected(request: Request) -> Expected:
    """What the query and the headers say about the file. Raises: Problem (400)."""
    digest = request.query_params.get("sha256", "").lower() or None
    if digest and not SHA256.fullmatch(digest):
        raise invalid_parameter("sha256", "Must be a SHA-256 of 64 hexadecimal digits.")
    size = request.query_params.get("size")
    if size is not None and not (size.isascii() and size.isdecimal() and len(size) < 20):
        raise invalid_parameter("size", "Must be a whole number of bytes.")
    named = [_digest_header(request, name) for name in DIGESTS if name in request.headers]
    found = {one for one in [digest, *named] if one}
    if len(found) > 1:
        raise invalid_request([header_error(DIGESTS[0], "The digests differ.", "invalid")])
    return Expected(None if size is None else int(size), found.pop() if found else None)


def _digest_header(request: Request, name: str) -> str:
    """The SHA-256 in a header of RFC 9530."""
    if is_multipart(request):
        detail = "It is about the whole body. Send the file's own SHA-256 as ?sha256=."
        raise invalid_request([header_error(name, detail, "invalid")])
    item = DIGEST_ITEM.search(request.headers[name])
    try:
        digest = base64.b64decode(item[1], validate=True) if item else b""
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        detail = "Must have the SHA-256 of the file: sha-256=:...:, in Base64."
        raise invalid_request([header_error(name, detail, "invalid")])
    return digest.hex()


def read_name(request: Request) -> str:
    """The name in the query or in Content-Disposition; "" without one. Raises: Problem (400)."""
    name = request.query_params.get("name", "")
    try:
        _, header = parse_header_parameters(request.headers.get("Content-Disposition", ""))
    except ValueError as error:
        malformed = header_error("Content-Disposition", "It cannot be read.", "invalid")
        raise invalid_request([malformed]) from error
    name = name or header.get("filename", "")
    if not name and not is_multipart(request):
        raise invalid_request([query_error("name", "Give the name of the file.", "required")])
    return name


@contextmanager
def received_file(request: Request, name: str, admit: Callable[[int], None]) -> Iterator[Incoming]:
    """The file that was sent, complete; until the block ends.

    `admit` gets the bytes that it has at least, and refuses the request before they are read.

    Raises: UploadRefused; Problem (400, 411); StorageUnavailable.
    """
    django_request = request._request
    length = django_request.META.get("CONTENT_LENGTH", "")
    if not length:
        raise Problem(411, "length_required", "Send the file with its Content-Length.")
    frame = FRAME_BYTES if is_multipart(request) else 0
    admit(int(length) - frame)
    if frame:
        yield _incoming_part(django_request, name)
    else:
        with _incoming_body(django_request, name, int(length)) as incoming:
            yield incoming


@contextmanager
def _incoming_body(request: HttpRequest, name: str, length: int) -> Iterator[Incoming]:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        detail = "Send the file as it is, without Content-Encoding."
        raise Problem(415, "unsupported_media_type", detail)
    kind = request.headers.get("Content-Type", "")
    with services.incoming_stream(request.read, name, kind) as incoming:
        if incoming.size != length:
            raise UnreadablePostError("the body ended early")
        yield incoming


def _incoming_part(request: HttpRequest, name: str) -> Incoming:
    try:
        parts, others = request.FILES, list(request.POST)
    except MultiPartParserError as error:
        raise Problem(400, "parse_error", f"The body is not {MULTIPART}: {error}") from error
    except UnreadablePostError:
        raise
    except OSError as error:
        raise services.temporary_trouble(error) from error
    files: list[Any] = parts.getlist(FILE_PART)
    unknown = [one for one in [*others, *parts] if one != FILE_PART]
    sentence = "This part may not be sent."
    errors = [body_error(f"/{escaped(one)}", sentence, "unknown") for one in unknown]
    if FILE_PART in others:
        sentence = "This part is a text. Send it with a filename, as a file."
        errors.append(body_error(f"/{FILE_PART}", sentence, "invalid"))
    elif len(files) != 1:
        errors.append(body_error(f"/{FILE_PART}", "Send one file, as this part.", "required"))
    if errors:
        raise invalid_request(errors)
    file: UploadedFile = files[0]
    return services.incoming_file(file, name or file.name or FILE_PART, file.content_type or "")
