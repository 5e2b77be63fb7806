"""The page of one job, and its refresh."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string

from jobs import about, access, explain, registry, services
from jobs.admin import picture
from jobs.admin.display.progress import progress_rate
from jobs.admin.holds.banner import PageFrame, frame_of, frame_reads
from jobs.admin.job_page import children, content, data, failure, headline, lineage, records
from jobs.admin.job_page.launched_again import launched_again
from jobs.admin.job_page.log import log_page
from jobs.admin.job_page.log_query import LogQuery
from jobs.admin.job_page.records import page_job
from jobs.admin.job_page.timeline import timeline
from jobs.admin.pages import admin_page
from jobs.admin.signed_out import KeptForm, take_kept_form
from jobs.models import Job

# Regions of the page, which are replaced when the job changes; each is a template.
REGIONS = ("head", "outcome", "facts", "timeline")


def job_page(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The page of a job."""
    job, kept = _job_with_details(request, job_id), take_kept_form(request)
    launched = children.children_of(request.user, job)
    original = _visible_original(request, job)
    context = {
        "title": str(job),
        "job": job,
        "job_version": _version(job, launched),  # the footer shows `version`, that of Backoffice
        "regions": _regions(request, job, launched, kept),
        "log": log_page(job, LogQuery.of(request.GET)),
        "parameters": data.parameters_of(
            job, original, request.user, content.uploads_of(request.user, job, original)
        ),
        "audit_entries": content.audit_entries(job),
        "deleted_at": content.deleted_at(job),
    }
    return admin_page(request, "job_page/page", context)


def job_changes(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The regions if `?version=` is old, and log lines after `?after=`; 304 without changes.

    Without `after` the page shows an earlier part of the log, and gets no lines.
    """
    job, shown = page_job(request, job_id), request.GET.get("version", "")
    frame, launched = _frame_and_children(request.user, job)
    version = _version(job, launched)
    has_changed = shown != version
    if has_changed:
        job = _job_with_details(request, job_id)
        version = _version(job, launched)
    # Read after the job, so that no line of a job that has ended is missing.
    log = records.log_changes(request, job)
    etag = f'"{version}.{frame.attention}.{frame.held_tag}"'
    if not has_changed and not log and picture.may_have(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    return JsonResponse(
        {
            "version": version,
            "active": not job.is_settled,
            "regions": _regions(request, job, launched) if has_changed else {},
            "log": log,
            **frame.answer(request),
        },
        headers={"ETag": etag},
    )


def _job_with_details(request: HttpRequest, job_id: UUID) -> Job:
    jobs = content.with_workers(access.visible_jobs(request.user))
    jobs = jobs.select_related("created_by", "task_result", "rerun_of", "parent")
    return get_object_or_404(jobs, pk=job_id)


def _frame_and_children(user: Any, job: Job) -> tuple[PageFrame, children.Children | None]:
    """The frame of the page and the children of the job, which viewers share; at most one query.

    An empty frame and None if they take too long.
    """
    reads = {**frame_reads(user), **children.children_reads(user, job)}
    found = picture.read_picture(user, shared=reads) or {}
    loaded = {name: reads[name].load(value) for name, value in found.items()}
    return frame_of(loaded), loaded.get("children")


def _version(job: Job, launched: children.Children | None) -> str:
    """What changes with the job and with the counts of its children."""
    parts = [str(job.version), str(job.attempt), job.parked_by, launched.tag if launched else ""]
    return "-".join(filter(None, parts))


def _regions(
    request: HttpRequest,
    job: Job,
    launched: children.Children | None,
    kept: KeptForm | None = None,
) -> dict[str, str]:
    """The HTML of each region, with the note that was kept while the user was signed out."""
    context = {
        "note": kept.entries.get("note", "") if kept else "",
        "note_sent_to": kept.sent_to if kept else "",
        **_head_context(request.user, job),
        **_outcome_context(request.user, job),
        **_details_context(request.user, job),
        "subject": about.subjects_of(request.user, [job], request).get(job.pk),
        "files": content.files_page(request.user, job, request.GET.get("files", "")),
        "parent": children.visible_parent(request.user, job),
        "children": launched,
        "launched_again": launched_again(request.user, job, launched),
    }
    return {
        name: render_to_string(f"admin/jobs/job_page/{name}.html", context, request)
        for name in REGIONS
    }


def _head_context(user: Any, job: Job) -> dict[str, Any]:
    explanation = explain.explanation(job)
    return {
        "job": job,
        "actions": services.possible_actions(user, job),
        "explanation": explanation,
        "acknowledgement": explain.acknowledgement(job),
        "ahead_url": headline.jobs_ahead_url(user, job, explanation.ahead),
        "rate": progress_rate(job),
        "figures": data.figures_of(job),
        "family": lineage.lineage(user, job),
    }


def _outcome_context(user: Any, job: Job) -> dict[str, Any]:
    return {
        "error": failure.error_of(job),
        "same_failures": failure.same_failures(user, job),
        "result": data.result_of(job),
        "not_done": content.not_done_by(job),
    }


def _details_context(user: Any, job: Job) -> dict[str, Any]:
    worker = content.worker_of(job)
    return {
        "worker": worker,
        "steps": timeline(job, worker),
        "is_known_type": registry.find(job.type) is not None,
        "parameters": data.parameters_of(job, user=user),
        "may_see_result": user.has_perm("django_celery_results.view_taskresult"),
    }


def _visible_original(request: HttpRequest, job: Job) -> Job | None:
    """The job from which this one was launched again, if the user may see it."""
    return job.rerun_of if job.rerun_of_id in access.visible_origins(request.user, [job]) else None
