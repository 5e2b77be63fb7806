"""The page of one job, in regions that are drawn again when the job changes; its log, and its files."""

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
from django.template.response import TemplateResponse

from jobs import access, explain, services
from jobs.admin import audit, signed_out
from jobs.admin.job_page import content
from jobs.admin.signed_out import Kept
from jobs.download import attachment, disposition, held_stream
from jobs.models import Job, JobLog

LINES = 200
LINES_AT_ONCE = 1_000  # new ones, of a job that writes faster than its page asks


def page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Everything about one job."""
    job, kept = _visible(request, job_id), signed_out.take(request)
    lines = _lines(job, after=0)
    context = audit.site_context(request) | {
        "title": str(job),
        "job": job,
        "regions": _regions(request, job, kept),
        "lines": lines,
        "last_seq": lines[-1].seq if lines else 0,
        "parameters": content.parameters_of(job),
        "audit_entries": content.audit_entries(job),
        "deleted_at": content.deleted_at(job),
    }
    return TemplateResponse(request, "admin/jobs/job_page/page.html", context)


def live(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """What changed since `?version=` and `?after=` (a line's number): regions and log lines; 304 if nothing did."""
    job = _brief(request, job_id)
    changed = request.GET.get("version") != _version(job)
    if changed:
        job = _visible(request, job_id)
    # After the job: of one that is over no line may be missing.
    lines = _lines(job, after=_number(request.GET.get("after", "0")))
    if not changed and not lines:
        return HttpResponseNotModified()
    return JsonResponse(
        {
            "version": _version(job),
            "active": not job.is_settled,
            "regions": _regions(request, job) if changed else {},
            "lines": render_to_string("admin/jobs/job_page/lines.html", {"lines": lines}),
            "after": lines[-1].seq if lines else None,
        }
    )


def download(request: HttpRequest, job_id: UUID, file_id: int) -> HttpResponseBase:
    """A file of the job."""
    file = get_object_or_404(access.files(request.user, _brief(request, job_id)), pk=file_id)
    try:
        return attachment(request, file)
    except FileNotFoundError:
        raise Http404("The file is not in the storage any more.") from None


def log(request: HttpRequest, job_id: UUID) -> StreamingHttpResponse:
    """The whole log as text."""
    job = _brief(request, job_id)
    return StreamingHttpResponse(
        held_stream(_text_of(job.logs.order_by("seq").iterator(chunk_size=1000))),
        content_type="text/plain; charset=utf-8",
        headers={
            "Content-Disposition": disposition(f"log-{job.pk}.txt"),
            "X-Content-Type-Options": "nosniff",
        },
    )


def _visible(request: HttpRequest, job_id: UUID) -> Job:
    jobs = access.visible_jobs(request.user).select_related("created_by", "task_result", "rerun_of")
    return get_object_or_404(jobs, pk=job_id)


def _brief(request: HttpRequest, job_id: UUID) -> Job:
    return get_object_or_404(access.visible_jobs(request.user).without_large(), pk=job_id)


def _version(job: Job) -> str:
    return f"{job.version}-{job.attempt}"


def _regions(request: HttpRequest, job: Job, kept: Kept | None = None) -> dict[str, str]:
    """The HTML of each part of the page that follows the job's status, by name; with the note that was typed."""
    context = {
        "job": job,
        "actions": services.possible_actions(request.user, job),
        "explanation": explain.explanation(job),
        "acknowledgement": explain.acknowledgement(job),
        "note": kept.entries.get("note", "") if kept else "",
        "note_for": kept.sent_to if kept else "",
        "worker": content.worker_of(job),
        "steps": content.steps(job),
        "files": list(access.files(request.user, job)) if job.attempt else [],
        "error": content.error_of(job),
        "result": content.result_of(job),
        "left_out": content.left_out_of(job),
        "parent": _parent(request, job),
        "reruns": _reruns(request, job) if job.is_settled else [],
        "may_see_result": request.user.has_perm("django_celery_results.view_taskresult"),
    }
    return {
        name: render_to_string(f"admin/jobs/job_page/region_{name}.html", context, request)
        for name in ("head", "outcome", "facts", "steps")
    }


def _parent(request: HttpRequest, job: Job) -> Job | None:
    """The job that this one was launched again from, if the user may see it."""
    return job.rerun_of if job.rerun_of_id in access.visible_parents(request.user, [job]) else None


def _reruns(request: HttpRequest, job: Job) -> list[Job]:
    return list(access.visible_jobs(request.user).without_large().filter(rerun_of=job)[:10])


def _lines(job: Job, after: int) -> list[JobLog]:
    """The last lines of the log, of those that follow line `after`."""
    if not job.attempt:
        return []
    return job.logs.filter(seq__gt=after).page(LINES_AT_ONCE if after else LINES, "-seq")[::-1]


def _number(text: str) -> int:
    try:
        return max(0, min(int(text), 2**31 - 1))
    except ValueError:
        return 0


def _text_of(lines: Iterable[JobLog]) -> Iterable[str]:
    for line in lines:
        yield f"{line.at.isoformat(timespec='milliseconds')} {line.level:<8} {line.message}\n"
