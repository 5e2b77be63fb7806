"""The page of one job, its refresh, its log as text, and its files."""

from collections.abc import Iterable
from uuid import UUID

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotModified,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from jobs import access, explain, services
from jobs.admin.job_page import content, failure
from jobs.admin.job_page.timeline import timeline
from jobs.admin.pages import admin_page
from jobs.admin.signed_out import KeptForm, take_kept_form
from jobs.download import attachment, disposition, held_stream
from jobs.models import Job, JobLog

# Regions of the page, which are replaced when the job changes; each is a template.
REGIONS = ("head", "outcome", "facts", "timeline")
PAGE_LINES = 200
REFRESH_LINES = 1_000  # for a job that writes faster than its page is refreshed


def job_page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The page of a job."""
    job, kept = _job_with_details(request, job_id), take_kept_form(request)
    lines = _log_lines(job, after=0)
    context = {
        "title": str(job),
        "job": job,
        "job_version": _version(job),  # the footer shows `version`, that of Backoffice
        "regions": _regions(request, job, kept),
        "lines": lines,
        "last_seq": lines[-1].seq if lines else 0,
        "parameters": content.parameters_of(job),
        "audit_entries": content.audit_entries(job),
        "deleted_at": content.deleted_at(job),
    }
    return admin_page(request, "job_page/page", context)


def job_changes(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The regions if `?version=` is old, and log lines after `?after=`; 304 without changes."""
    job = _job(request, job_id)
    has_changed = request.GET.get("version") != _version(job)
    if has_changed:
        job = _job_with_details(request, job_id)
    # Read after the job, so that no line of a job that has ended is missing.
    lines = _log_lines(job, after=_line_number(request.GET.get("after", "0")))
    if not has_changed and not lines:
        return HttpResponseNotModified()
    return JsonResponse(
        {
            "version": _version(job),
            "active": not job.is_settled,
            "regions": _regions(request, job) if has_changed else {},
            "lines": render_to_string("admin/jobs/job_page/log_lines.html", {"lines": lines}),
            "after": lines[-1].seq if lines else None,
        }
    )


def file_download(request: HttpRequest, job_id: UUID, file_id: int) -> HttpResponseBase:
    """A file of the job, as attachment."""
    file = get_object_or_404(access.files(request.user, _job(request, job_id)), pk=file_id)
    try:
        return attachment(request, file)
    except FileNotFoundError:
        raise Http404("The file is no longer in the storage.") from None


def log_download(request: HttpRequest, job_id: UUID) -> StreamingHttpResponse:
    """The complete log as a text file."""
    job = _job(request, job_id)
    return StreamingHttpResponse(
        held_stream(_log_text(job.logs.order_by("seq").iterator(chunk_size=1000))),
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": disposition(f"log-{job.pk}.txt"),
            "X-Content-Type-Options": "nosniff",
        },
    )


def _job(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(access.visible_jobs(request.user).without_large(), pk=job_id)


def _job_with_details(request: HttpRequest, job_id: UUID) -> Job:
    jobs = access.visible_jobs(request.user).select_related("created_by", "task_result", "rerun_of")
    return get_object_or_404(jobs, pk=job_id)


def _version(job: Job) -> str:
    return f"{job.version}-{job.attempt}"


def _regions(request: HttpRequest, job: Job, kept: KeptForm | None = None) -> dict[str, str]:
    """The HTML of each region, with the note that was kept while the user was signed out."""
    context = {
        "job": job,
        "actions": services.possible_actions(request.user, job),
        "explanation": explain.explanation(job),
        "acknowledgement": explain.acknowledgement(job),
        "note": kept.entries.get("note", "") if kept else "",
        "note_sent_to": kept.sent_to if kept else "",
        "worker": content.worker_of(job),
        "steps": timeline(job),
        "files": list(access.files(request.user, job)) if job.attempt else [],
        "error": failure.error_of(job),
        "result": content.result_of(job),
        "not_done": content.not_done_by(job),
        "parent": _visible_parent(request, job),
        "reruns": _visible_reruns(request, job) if job.is_settled else [],
        "may_see_result": request.user.has_perm("django_celery_results.view_taskresult"),
    }
    return {
        name: render_to_string(f"admin/jobs/job_page/{name}.html", context, request)
        for name in REGIONS
    }


def _visible_parent(request: HttpRequest, job: Job) -> Job | None:
    """The job from which this one was launched again, if the user may see it."""
    return job.rerun_of if job.rerun_of_id in access.visible_parents(request.user, [job]) else None


def _visible_reruns(request: HttpRequest, job: Job) -> list[Job]:
    return list(access.visible_jobs(request.user).without_large().filter(rerun_of=job)[:10])


def _log_lines(job: Job, after: int) -> list[JobLog]:
    """The last log lines after line number `after`."""
    if not job.attempt:
        return []
    limit = REFRESH_LINES if after else PAGE_LINES
    return job.logs.filter(seq__gt=after).page(limit, "-seq")[::-1]


def _line_number(text: str) -> int:
    try:
        return max(0, min(int(text), 2**31 - 1))
    except ValueError:
        return 0


def _log_text(lines: Iterable[JobLog]) -> Iterable[str]:
    for line in lines:
        yield f"{line.at.isoformat(timespec='milliseconds')} {line.level:<8} {line.message}\n"
