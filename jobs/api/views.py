"""Jobs over HTTP: submit, look, list. Each view asks access.py what it may show and services.py to act."""

from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from rest_framework import status
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from jobs import access, services
from jobs.api import filters, pagination
from jobs.api.serializers import FileSerializer, JobSerializer, JobSummarySerializer, SubmitSerializer
from jobs.models import Job, JobFile, Source
from jobs.services import Caller

RETRY_AFTER_SECONDS = 1


def caller(request: Request) -> Caller:
    """Who asks, for the services."""
    return Caller(
        user=request.user,
        name=request.user.get_username(),
        source=Source.API,
        request_id=request.headers.get("X-Request-ID", ""),
    )


def visible_job(request: Request, id: UUID) -> Job:
    """The job, if the caller may see it.

    Raises: Http404, the same for a job of somebody else and for none.
    """
    found = access.visible_jobs(request.user).filter(id=id).first()
    if found is None:
        raise Http404
    return found


def shown(job: Job, request: Request, *, status: int = status.HTTP_200_OK) -> Response:
    """The job as an answer."""
    headers = {"ETag": f'W/"{job.version}"'}
    if not job.is_settled:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return Response(JobSerializer(job, context={"request": request}).data, status, headers=headers)


class JobsView(APIView):
    """The jobs the caller may see, and the place to submit one."""

    def get(self, request: Request) -> Response:
        others = (*pagination.PARAMETERS,)
        jobs = filters.filtered(access.visible_jobs(request.user), request, others=others)
        page = pagination.page(jobs, request, ("-id",))
        page["results"] = JobSummarySerializer(page["results"], many=True, context={"request": request}).data
        return Response(page)

    def post(self, request: Request) -> Response:
        wanted = SubmitSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        job = services.submit(caller(request), **wanted.validated_data)
        response = shown(job, request, status=status.HTTP_201_CREATED)
        response["Location"] = reverse("api:job", args=[job.id], request=request)
        return response


class JobView(APIView):
    """One job."""

    def get(self, request: Request, id: UUID) -> Response:
        return shown(visible_job(request, id), request)


class AnyMediaType(BaseContentNegotiation):
    """For files: they are what they are, whatever Accept says; problems are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def files_of(job: Job) -> QuerySet[JobFile]:
    """The job's files, of each name the one of the latest attempt."""
    return JobFile.objects.filter(job=job).order_by("name", "-attempt").distinct("name")


class FilesView(APIView):
    """The files a job saved."""

    def get(self, request: Request, id: UUID) -> Response:
        files = files_of(visible_job(request, id))
        data = FileSerializer(files, many=True, context={"request": request}).data
        return Response({"results": data})


class FileView(APIView):
    """One file, to be saved and never to be shown in the browser: it may hold anything."""

    content_negotiation_class = AnyMediaType

    def get(self, request: Request, id: UUID, name: str) -> FileResponse:
        # Compared here: PostgreSQL would refuse a name that holds NUL.
        file = next((one for one in files_of(visible_job(request, id)) if one.name == name), None)
        if file is None:
            raise Http404
        content = storages["jobs"].open(file.stored_name)
        response = FileResponse(
            content, as_attachment=True, filename=file.name, content_type=file.content_type
        )
        response["ETag"] = f'"{file.sha256}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response


class NothingHere(APIView):
    """Every other address under the API's: a problem, not a page."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404
