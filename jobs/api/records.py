"""The records of a job: its status changes, its log, its files."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from jobs import access
from jobs.api.http.downloads import IgnoreAccept, download_operation, sent_file
from jobs.api.http.json_format import UTCField
from jobs.api.http.requests import ApiView, read_integer
from jobs.api.schema.operations import operation, query
from jobs.models import JobFile, JobLog, Status

LINES_A_PAGE = 1_000


class EventSerializer(serializers.Serializer):
    """One status change; `from` is "" for the first.

    Where it equals `to` no status changed: a running job was asked to stop (PROCESSING), or a
    failure was acknowledged (FAILED).
    """

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            "from": serializers.CharField(source="from_status"),
            "to": serializers.ChoiceField(choices=Status.choices, source="to_status"),
            "at": UTCField(),
            "actor": serializers.CharField(),
            "attempt": serializers.IntegerField(),
            "reason": serializers.CharField(),
        }


class EventsSerializer(serializers.Serializer):
    """The status changes of a job, oldest first."""

    results = EventSerializer(many=True)


class EventsView(ApiView):
    """The status changes of a job, oldest first."""

    @operation(
        "Status changes of a job", {200: EventsSerializer}, problems=(404,), id="list_events"
    )
    def get(self, request: Request, id: UUID) -> Response:
        events = self.visible_job(id, brief=True).events.all()
        return Response(EventsSerializer({"results": events}).data)


class LogLineSerializer(serializers.ModelSerializer):
    """One line of a job's log."""

    at = UTCField(read_only=True)

    class Meta:
        model = JobLog
        fields = ("seq", "at", "level", "message")
        read_only_fields = fields


class LogsSerializer(serializers.Serializer):
    """Lines of a job's log."""

    results = LogLineSerializer(many=True)
    next_after = serializers.IntegerField()
    complete = serializers.BooleanField(help_text="Nothing will follow.")


class LogsView(ApiView):
    """A page of the job's log, after a given line; `complete` if no line can follow."""

    parameters = {"GET": ("after",)}

    @operation(
        "Read a job's log",
        {200: LogsSerializer},
        problems=(404,),
        parameters=[
            query(
                "after",
                {"type": "integer", "minimum": 0, "default": 0},
                "The last `seq` that you have.",
            )
        ],
        id="read_log",
    )
    def get(self, request: Request, id: UUID) -> Response:
        after = self.faults.check(read_integer, request, "after", default=0)
        self.faults.refuse()
        job = self.visible_job(id, brief=True)
        lines = job.logs.filter(seq__gt=after).page(LINES_A_PAGE, "seq")
        last = lines[-1].seq if lines else after
        more = bool(lines) and job.logs.filter(seq__gt=last).exists()
        page = {"results": lines, "next_after": last, "complete": job.is_settled and not more}
        return Response(LogsSerializer(page).data)


def latest_files(view: ApiView, id: UUID) -> QuerySet[JobFile]:
    """The job's files that the caller may read, by name; of each name the latest attempt's."""
    files = access.files(view.request.user, view.visible_job(id, brief=True))
    return files.order_by("name", "-attempt").distinct("name")


class FileSerializer(serializers.ModelSerializer):
    """A file of a job."""

    url = serializers.SerializerMethodField()
    created_at = UTCField(read_only=True)

    class Meta:
        model = JobFile
        fields = ("name", "url", "content_type", "size", "sha256", "attempt", "created_at")
        read_only_fields = fields

    def get_url(self, file: JobFile) -> str:
        place = [file.job_id, file.name]
        return reverse("jobs_api:job-file", args=place, request=self.context["request"])


class FilesSerializer(serializers.Serializer):
    """The files of a job, by name."""

    results = FileSerializer(many=True)


class FilesView(ApiView):
    """The files that a job saved."""

    @operation("Files of a job", {200: FilesSerializer}, problems=(404,), id="list_files")
    def get(self, request: Request, id: UUID) -> Response:
        files = {"results": latest_files(self, id)}
        return Response(FilesSerializer(files, context={"request": request}).data)


class FileView(ApiView):
    """One file of a job."""

    content_negotiation_class = IgnoreAccept

    @download_operation("Download a file", id="download_file")
    def get(self, request: Request, id: UUID, name: str) -> HttpResponseBase:
        if "\x00" in name:  # PostgreSQL would refuse it
            raise Http404
        file = latest_files(self, id).filter(name=name).first()
        if file is None:
            raise Http404
        return sent_file(request, file)
