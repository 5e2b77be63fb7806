"""The records of a job for its page: parts of the log, the log as text, and files."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from jobs import access
from jobs.admin.job_page.log import LogPage, log_page, page_after
from jobs.admin.job_page.log_query import LogQuery
from jobs.download import attachment, disposition, held_stream
from jobs.models import Job, JobFile, JobLog, Upload


def page_job(request: HttpRequest, job_id: UUID) -> Job:
    """The job of a page, without its long columns.

    Raises: Http404 if it does not exist or the user may not see it.
    """
    return get_object_or_404(access.visible_jobs(request.user).without_large(), pk=job_id)


def log_part(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the log that the address asks for, as HTML for log.js."""
    job = page_job(request, job_id)
    return HttpResponse(_part_html(job, log_page(job, LogQuery.of(request.GET))))


def log_changes(request: HttpRequest, job: Job) -> dict[str, Any]:
    """The lines after `?after=` with the counts by level, for log.js; empty without such lines.

    If lines between would be left out, the whole part with the last lines. No lines for a search,
    which does not follow the job.
    """
    query = LogQuery.of(request.GET)
    if query.after is None or query.find or not job.attempt:
        return {}
    page = page_after(job, replace(query, after=None), query.after)
    if page is None:
        return {}
    if not page.query.has_place:
        return {"after": page.last, "part": _part_html(job, page)}
    folder, context = "admin/jobs/job_page", {"lines": page.lines, "log": page}
    return {
        "after": page.last,
        "lines": render_to_string(f"{folder}/log_lines.html", context),
        "levels": render_to_string(f"{folder}/log_levels.html", context),
    }


def log_download(request: HttpRequest, job_id: UUID) -> StreamingHttpResponse:
    """The complete log as a text file."""
    job = page_job(request, job_id)
    return StreamingHttpResponse(
        held_stream(_log_text(job.logs.order_by("seq").iterator(chunk_size=1000))),
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": disposition(f"log-{job.pk}.txt"),
            "X-Content-Type-Options": "nosniff",
        },
    )


def file_download(request: HttpRequest, job_id: UUID, file_id: int) -> HttpResponseBase:
    """A file of the job, as attachment."""
    file = get_object_or_404(access.files(request.user, page_job(request, job_id)), pk=file_id)
    return _attachment(request, file)


def upload_download(request: HttpRequest, job_id: UUID, upload_id: UUID) -> HttpResponseBase:
    """An upload that the job has, as attachment."""
    job = get_object_or_404(access.visible_jobs(request.user), pk=job_id)
    upload = get_object_or_404(access.job_uploads(request.user, job), pk=upload_id)
    return _attachment(request, upload)


def _attachment(request: HttpRequest, file: JobFile | Upload) -> HttpResponseBase:
    try:
        return attachment(request, file)
    except FileNotFoundError:
        raise Http404("The file is no longer in the storage.") from None


def _part_html(job: Job, page: LogPage) -> str:
    return render_to_string("admin/jobs/job_page/log.html", {"job": job, "log": page})


def _log_text(lines: Iterable[JobLog]) -> Iterable[str]:
    for line in lines:
        yield f"{line.at.isoformat(timespec='milliseconds')} {line.level:<8} {line.message}\n"
