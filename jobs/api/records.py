"""What is kept of a job: its status changes, its log, its files."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs import access
from jobs.api.http.faults import Faults
from jobs.api.http.problems import Problem
from jobs.api.http.query import allow_only, whole_number
from jobs.api.http.responses import visible_job
from jobs.api.schema.operations import KNOWN, operation, query, request_header
from jobs.api.serializers import EventSerializer, FileSerializer, LogLineSerializer
from jobs.api.shapes import EventsSerializer, FilesSerializer, LogsSerializer
from jobs.download import attachment
from jobs.models import JobFile

LINES_LIMIT = 1_000
# The first one is what generated clients know; a file whose type is known comes as that type.
MEDIA_TYPES = ("application/octet-stream", "*/*")


class EventsView(APIView):
    """The status changes of a job, oldest first."""

    @operation(
        "Status changes of a job", {200: EventsSerializer}, problems=(404,), id="list_events"
    )
    def get(self, request: Request, id: UUID) -> Response:
        allow_only(request)
        events = visible_job(request, id, brief=True).events.all()
        return Response({"results": EventSerializer(events, many=True).data})


class LogsView(APIView):
    """The log of a job, from a line on; `complete` when nothing will follow."""

    @operation(
        "Read a job's log",
        {200: LogsSerializer},
        problems=(404,),
        parameters=[
            query(
                "after", {"type": "integer", "minimum": 0, "default": 0}, "The last `seq` one has."
            )
        ],
        id="read_log",
    )
    def get(self, request: Request, id: UUID) -> Response:
        faults = Faults()
        faults.check(allow_only, request, ["after"])
        after = faults.check(whole_number, request, "after", default=0)
        faults.refuse()
        job = visible_job(request, id, brief=True)
        lines = job.logs.filter(seq__gt=after).page(LINES_LIMIT, "seq")
        more = bool(lines) and job.logs.filter(seq__gt=lines[-1].seq).exists()
        return Response(
            {
                "results": LogLineSerializer(lines, many=True).data,
                "next_after": lines[-1].seq if lines else after,
                "complete": job.is_settled and not more,
            }
        )


class AnyMediaType(BaseContentNegotiation):
    """For files: they are sent as they are, regardless of Accept; problems are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        return renderers[0], renderers[0].media_type


def files_of(request: Request, id: UUID) -> QuerySet[JobFile]:
    """The job's files as far as the caller may read them, of each name the one of the latest attempt."""
    files = access.files(request.user, visible_job(request, id, brief=True))
    return files.order_by("name", "-attempt").distinct("name")


class FilesView(APIView):
    """The files a job saved."""

    @operation("Files of a job", {200: FilesSerializer}, problems=(404,), id="list_files")
    def get(self, request: Request, id: UUID) -> Response:
        allow_only(request)
        files = files_of(request, id)
        data = FileSerializer(files, many=True, context={"request": request}).data
        return Response({"results": data})


class FileView(APIView):
    """One file of a job."""

    content_negotiation_class = AnyMediaType

    @operation(
        "Download a file",
        {(200, *MEDIA_TYPES): bytes, (206, *MEDIA_TYPES): bytes, 304: None},
        problems=(404, 412, 416),
        parameters=[
            KNOWN,
            request_header("If-Match", "412 if the file has none of these ETags."),
            request_header("Range", "One part of the file, such as `bytes=1000-`."),
            request_header(
                "If-Range",
                "The ETag of the file that Range is about; if it has another, all of it.",
            ),
        ],
        headers=("ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"),
        id="download_file",
    )
    def get(self, request: Request, id: UUID, name: str) -> HttpResponseBase:
        allow_only(request)
        # Compared here: PostgreSQL would refuse a name that holds NUL.
        file = next((one for one in files_of(request, id) if one.name == name), None)
        if file is None:
            raise Http404
        try:
            return attachment(request, file)
        except FileNotFoundError as error:
            raise Problem(
                404, "file_lost", "The file is listed, but its content is gone."
            ) from error
