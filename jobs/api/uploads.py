"""Uploads: files that callers send in for jobs. `job_uploads.py` has those of a job."""

from uuid import UUID

from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from jobs import access, services
from jobs.api.http.downloads import IgnoreAccept, download_operation, sent_file
from jobs.api.http.json_format import UTCField
from jobs.api.http.requests import ApiView, read_key
from jobs.api.schema.operations import KEY, operation, query, request_header
from jobs.api.upload_body import (
    FILE_PART,
    MULTIPART,
    read_expected,
    read_name,
    read_rules,
    received_file,
)
from jobs.models import Upload

UPLOADS_TAG = "Uploads"


class UploadSerializer(serializers.ModelSerializer):
    """A file that was sent in; `expires_at` is null while a job has it."""

    url = serializers.SerializerMethodField()
    content_url = serializers.SerializerMethodField()
    created_at = UTCField(read_only=True)
    expires_at = UTCField(read_only=True, allow_null=True)

    class Meta:
        model = Upload
        fields = (
            "id",
            "url",
            "content_url",
            "name",
            "content_type",
            "size",
            "sha256",
            "created_at",
            "expires_at",
        )
        read_only_fields = fields

    def get_url(self, upload: Upload) -> str:
        return self._address("upload", upload.id)

    def get_content_url(self, upload: Upload) -> str:
        return self._address("upload-content", upload.id)

    def _address(self, view: str, *ids: UUID) -> str:
        return reverse(f"jobs_api:{view}", args=ids, request=self.context["request"])


class PartSerializer(serializers.Serializer):
    """The body of POST /uploads/ as multipart/form-data."""

    file = serializers.FileField()


class UploadsView(ApiView):
    """Where a file is sent: as the body itself, or as the part `file` of multipart/form-data."""

    parameters = {"POST": ("name", "type", "size", "sha256")}
    nothing_done = "The file was not kept."

    @operation(
        "Send a file for a job",
        {201: UploadSerializer},
        tag=UPLOADS_TAG,
        request={"application/octet-stream": OpenApiTypes.BINARY, MULTIPART: PartSerializer},
        problems=(409, 422, 507),
        parameters=[
            KEY,
            query("name", {"type": "string", "minLength": 1}, "The name of the file."),
            query("type", {"type": "string", "minLength": 1}, "The job type that it is for."),
            query("size", {"type": "integer", "minimum": 0}, "Refused if it has another size."),
            query(
                "sha256",
                {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
                "Refused if it has another hash.",
            ),
            request_header("Repr-Digest", "The SHA-256 of a raw body, as RFC 9530 writes it."),
            request_header("Content-Digest", "The same."),
            request_header("Content-Disposition", "Its `filename` is the name of a raw body."),
        ],
        headers=("Location", "Idempotency-Replayed"),
        id="send_upload",
    )
    def post(self, request: Request) -> Response:
        services.check_upload_right(self.caller)
        key = self.faults.check(read_key, request)
        rules = self.faults.check(read_rules, request)
        expected = self.faults.check(read_expected, request)
        name = self.faults.check(read_name, request)
        self.faults.refuse()

        def admit(size: int) -> None:
            services.check_size(rules, name or FILE_PART, size)
            if key is None:  # a repeated request is answered with the upload of the first one
                services.check_quota(self.caller, size)

        with received_file(request, name, admit) as incoming:
            expected.check(incoming)
            kept = services.keep_upload(self.caller, incoming, rules=rules, idempotency_key=key)
        data = UploadSerializer(kept.upload, context={"request": request}).data
        headers = {"Location": data["url"]}
        if kept.replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(data, 201, headers=headers)


class UploadView(ApiView):
    """One upload of the caller's."""

    @operation(
        "Look at an upload",
        {200: UploadSerializer},
        tag=UPLOADS_TAG,
        problems=(404,),
        id="get_upload",
    )
    def get(self, request: Request, id: UUID) -> Response:
        upload = own_upload(request, id)
        return Response(UploadSerializer(upload, context={"request": request}).data)

    @operation(
        "Delete an upload that no job has",
        {204: None},
        tag=UPLOADS_TAG,
        problems=(403, 404, 409),
        id="delete_upload",
    )
    def delete(self, request: Request, id: UUID) -> Response:
        services.delete_upload(self.caller, id)
        return Response(status=204)


class UploadContentView(ApiView):
    """The bytes of an upload of the caller's."""

    content_negotiation_class = IgnoreAccept

    @download_operation("Download an upload", id="download_upload", tag=UPLOADS_TAG)
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        return sent_file(request, own_upload(request, id))


def own_upload(request: Request, id: UUID) -> Upload:
    """The upload, if the caller sent it. Raises: Http404."""
    upload = access.own_uploads(request.user).filter(id=id).first()
    if upload is None:
        raise Http404
    return upload
