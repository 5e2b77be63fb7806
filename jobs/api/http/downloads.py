"""Answers with a file, and how the schema describes them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from jobs.api.http.problems import Problem
from jobs.api.schema.operations import IF_NONE_MATCH, operation, request_header
from jobs.download import attachment
from jobs.models import JobFile, Upload

# Generated clients know the first one; a file of a known type is sent as that type.
FILE_MEDIA_TYPES = ("application/octet-stream", "*/*")
DOWNLOAD_ANSWERS: dict[Any, Any] = {
    (200, *FILE_MEDIA_TYPES): bytes,
    (206, *FILE_MEDIA_TYPES): bytes,
    304: None,
}
DOWNLOAD_PARAMETERS = [
    IF_NONE_MATCH,
    request_header("If-Match", "412 if the file has none of these ETags."),
    request_header("Range", "One part of the file, such as `bytes=1000-`."),
    request_header(
        "If-Range", "The ETag that the part belongs to; the whole file if it has another."
    ),
]
DOWNLOAD_HEADERS = ("ETag", "Content-Disposition", "Accept-Ranges", "Content-Range")


def download_operation(summary: str, *, id: str, tag: str = "Jobs") -> Callable[[Any], Any]:
    """Describe a method that answers with a file, as `operation` does."""
    return operation(
        summary,
        DOWNLOAD_ANSWERS,
        tag=tag,
        problems=(404, 412, 416),
        parameters=DOWNLOAD_PARAMETERS,
        headers=DOWNLOAD_HEADERS,
        id=id,
    )


def sent_file(request: Request, file: JobFile | Upload) -> HttpResponseBase:
    """The answer with a file. Raises: Problem (404) if its content is lost."""
    try:
        return attachment(request, file)
    except FileNotFoundError as error:
        detail = "The file is listed, but its content is lost."
        raise Problem(404, "file_lost", detail) from error


class IgnoreAccept(BaseContentNegotiation):
    """Files are sent as they are, regardless of Accept; problems are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type
