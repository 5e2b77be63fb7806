"""The cells of a job as HTML, for the list, its refresh and the page of a job.

Functions that take a JobRow need what rows.prepare_rows adds to a job; the others take any job.
"""

from urllib.parse import urlencode

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import explain, registry
from jobs.about import Subject
from jobs.admin.display import times
from jobs.admin.display.accounts import address_of_account
from jobs.admin.display.progress import counted_progress, progress_bar
from jobs.admin.job_list.rows import JobRow
from jobs.admin_site import admin_url
from jobs.durations import rough_duration
from jobs.lifecycle import HOLD_PREFIX
from jobs.models import Job, Status
from jobs.safe_text import isolated
from jobs.stats import GLANCE

EMPTY = format_html('<span class="quiet">{}</span>', "–")  # noqa: RUF001 (a dash for display)


def type_label(slug: str) -> str:
    """The label of a job type; its slug if the type no longer exists."""
    job_type = registry.find(slug)
    return job_type.label if job_type else slug


def job_link(job: Job) -> SafeString:
    """The job's name as a link to its page, and below it the type, unless the name is its label."""
    label = type_label(job.type)
    return format_html(
        '<a class="job-name" href="{}">{}</a><span class="below">{}</span>',
        admin_url("jobs_job_change", job.pk),
        job,
        "" if label == job.name else label,
    )


def subject_link(subject: Subject) -> SafeString | str:
    """The object that a job is about, as a link if it has a page that the reader may open."""
    if not subject.name:
        return format_html('<span class="quiet">{}</span>', "an object that you may not view")
    if subject.url:
        return format_html('<a href="{}">{}</a>', subject.url, subject.name)
    return format_html(
        '{}<span class="quiet">{}</span>',
        subject.name,
        ", deleted" if subject.is_deleted else "",
    )


def subject_below(subject: Subject | None) -> SafeString:
    """A line below the job's name with the object that it is about; empty if it is not shown."""
    if subject is None or not subject.name:
        return SafeString()
    return format_html('<span class="below">About {}</span>', subject_link(subject))


def status_badge(job: Job) -> SafeString:
    """The status as a badge; the tooltip says who cancelled or acknowledged the job, and why."""
    is_stopping = job.status == Status.PROCESSING and job.cancel_requested_at
    tooltip = explain.cancellation(job) or explain.acknowledgement(job)
    return format_html(
        '<span class="badge" data-status="{}"{}>{}</span>',
        job.status,
        format_html(' title="{}"', tooltip) if tooltip else "",
        "Stopping" if is_stopping else job.get_status_display(),
    )


def acknowledged_mark(job: Job) -> SafeString:
    """The word below the badge of an acknowledged failure, with who and why as tooltip."""
    if job.acknowledged_at is None:
        return SafeString()
    tooltip = explain.acknowledgement(job)
    return format_html('<span class="below" title="{}">acknowledged</span>', tooltip)


def progress_summary(job: JobRow) -> SafeString | str:
    """What the column "progress" shows: bar, place in the queue, error, or reason of the cancel."""
    if job.status == Status.FAILED:
        return error_summary(job)
    if job.status == Status.PROCESSING:
        return progress_bar(job, counted_progress(job))
    if job.status == Status.PENDING:
        return format_html('<span class="below">{}</span>', queue_position(job))
    if job.status == Status.CANCELLED:
        return cancel_summary(job)
    return format_html('<span class="below">{}</span>', job.progress_message)


def cancel_summary(job: Job) -> SafeString:
    """Who cancelled the job and why; CSS cuts it to one line, and the tooltip has all of it."""
    by = f"by {job.cancel_requested_by}" if job.cancel_requested_by else ""
    text = ": ".join(part for part in (by, job.cancel_reason) if part) or job.progress_message
    return format_html('<span class="below" title="{}">{}</span>', explain.cancellation(job), text)


def queue_position(job: JobRow) -> str:
    """Where a waiting job stands: "14 ahead, usually about 3 min", "On hold"."""
    if job.parked_by:
        return "On hold" if job.parked_by.startswith(HOLD_PREFIX) else "Waits: limit reached"
    if job.ahead is None:
        return f"{GLANCE:,}+ ahead"
    if job.ahead == 0:
        return "Next in line"
    about = (
        "" if job.start_seconds is None else f", usually about {rough_duration(job.start_seconds)}"
    )
    return f"{job.ahead:,} ahead{about}"


def error_summary(job: Job) -> SafeString:
    """The name of a failed job's error, with its code as tooltip, and the message's first line."""
    first_line = next(iter(job.error_message.strip().splitlines()), "")
    return format_html(
        '<span class="error-type" title="{}">{}</span><span class="below" title="{}">{}</span>',
        job.error_code,
        explain.error_name(job.error_code, job.error_type),
        first_line,
        first_line,
    )


def requester_and_source(job: Job) -> SafeString:
    """Who launched the job, as a link, and below it where: admin, API with its token, command."""
    return format_html(
        '{}<span class="below">{}</span>', requester_link(job), source_and_token(job)
    )


def requester_link(job: Job) -> SafeString:
    """Who launched the job, as a link to the user's page; without an account, to the jobs."""
    if job.created_by_id is not None:
        url = address_of_account(job.created_by_id)
    elif job.created_by_name:
        name = urlencode({"created_by": job.created_by_name})
        url = f"{admin_url('jobs_job_changelist')}?{name}"
    else:
        return EMPTY
    return format_html('<a href="{}">{}</a>', url, isolated(job.requester))


def source_and_token(job: Job) -> SafeString | str:
    """Where the job was launched: admin, API or command; with a link to the API token's page."""
    source = job.get_source_display()
    if job.token_id is None:
        return source
    url = admin_url("jobs_apitoken_requests", job.token_id)
    return format_html('{} · <a href="{}">{}</a>', source, url, isolated(job.token_name))


def wait_time(job: Job) -> SafeString | str:
    """How long the job waited for a worker, or has been waiting."""
    return times.elapsed(job.created_at, job.started_at or job.finished_at)


def run_time(job: Job) -> SafeString | str:
    """How long the job ran, or has been running."""
    if job.started_at is None or job.status == Status.PENDING:
        return EMPTY
    return times.elapsed(job.started_at, job.finished_at)


def run_time_and_slowness(job: JobRow) -> SafeString | str:
    """The run time, marked if it is longer than that of 19 in 20 jobs of the type."""
    if not job.is_slow:
        return run_time(job)
    usual = f"19 of 20 end within {times.duration(job.usual.p95)}"
    return format_html(
        '{}<span class="below slow" title="{}">slower than usual</span>', run_time(job), usual
    )
