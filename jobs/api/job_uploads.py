"""The uploads that a job has as parameters, for all who may see the job."""

from uuid import UUID

from django.http import Http404, HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from jobs import access
from jobs.api.http.downloads import IgnoreAccept, download_operation, sent_file
from jobs.api.http.requests import ApiView
from jobs.api.schema.operations import operation
from jobs.api.uploads import UploadSerializer
from jobs.models import Upload


class JobUploadSerializer(UploadSerializer):
    """An upload that a job has, and the names of its parameters that have it."""

    params = serializers.SerializerMethodField()

    class Meta(UploadSerializer.Meta):
        fields = ("params", "id", *UploadSerializer.Meta.fields[2:])
        read_only_fields = fields

    def get_params(self, upload: Upload) -> list[str]:
        params = self.context["job"].params
        return [name for name, value in params.items() if value == str(upload.id)]

    def get_content_url(self, upload: Upload) -> str:
        return self._address("job-upload", self.context["job"].id, upload.id)


class JobUploadsSerializer(serializers.Serializer):
    """The uploads that a job has."""

    results = JobUploadSerializer(many=True)


class JobUploadsView(ApiView):
    """The uploads that a job has as parameters."""

    @operation(
        "Uploads of a job", {200: JobUploadsSerializer}, problems=(404,), id="list_job_uploads"
    )
    def get(self, request: Request, id: UUID) -> Response:
        job = self.visible_job(id)
        found = {"results": access.job_uploads(request.user, job).order_by("id")}
        return Response(JobUploadsSerializer(found, context={"request": request, "job": job}).data)


class JobUploadView(ApiView):
    """The bytes of an upload that a job has, for all who may see the job."""

    content_negotiation_class = IgnoreAccept

    @download_operation("Download an upload of a job", id="download_job_upload")
    def get(self, request: Request, id: UUID, upload_id: UUID) -> HttpResponseBase:
        uploads = access.job_uploads(request.user, self.visible_job(id))
        upload = uploads.filter(id=upload_id).first()
        if upload is None:
            raise Http404
        return sent_file(request, upload)
