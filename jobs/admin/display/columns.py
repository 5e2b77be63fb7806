"""What the cells of a job show: pure functions from a job to HTML, the same for the page and for its refresh.

A Row is a job that rows.prepared has seen; the others take any job.
"""

from collections.abc import Callable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import explain, registry
from jobs.admin.display import times
from jobs.admin.job_list.rows import Row
from jobs.models import Job, Status
from jobs.stats import GLANCE

NOTHING = format_html('<span class="quiet">{}</span>', "–")  # noqa: RUF001 (a dash for display)

Column = Callable[[Row], SafeString | str]


def type_label(slug: str) -> str:
    """The label of a job type; its slug where the type is gone."""
    job_type = registry.find(slug)
    return job_type.label if job_type else slug


def name(job: Job) -> SafeString:
    """The job's name, leading to its page, and below it the type, where that says more than the name."""
    label = type_label(job.type)
    return format_html(
        '<a class="job-name" href="{}">{}</a><span class="below">{}</span>',
        reverse("admin:jobs_job_change", args=[job.pk]),
        job,
        "" if label == job.name else label,
    )


def status(job: Job) -> SafeString:
    """The status as a badge; its tooltip says who cancelled the job or acknowledged its failure, and why."""
    stopping = job.status == Status.PROCESSING and job.cancel_requested_at
    said = explain.cancellation(job) or explain.acknowledgement(job)
    return format_html(
        '<span class="badge" data-status="{}"{}>{}</span>',
        job.status,
        format_html(' title="{}"', said) if said else "",
        "Stopping" if stopping else job.get_status_display(),
    )


def progress(job: Row) -> SafeString | str:
    """What there is to say of a job where it stands: a bar and message, its error, or why it was cancelled."""
    if job.status == Status.FAILED:
        return failure(job)
    if job.status == Status.PROCESSING:
        return bar(job)
    if job.status == Status.PENDING:
        return format_html('<span class="below">{}</span>', place(job))
    if job.status == Status.CANCELLED:
        return cancellation(job)
    return format_html('<span class="below">{}</span>', job.progress_message)


def cancellation(job: Job) -> SafeString:
    """Who cancelled the job and why, cut to a line by the style; all of it in the tooltip."""
    by = f"by {job.cancel_requested_by}" if job.cancel_requested_by else ""
    said = ": ".join(part for part in (by, job.cancel_reason) if part) or job.progress_message
    return format_html('<span class="below" title="{}">{}</span>', explain.cancellation(job), said)


def bar(job: Job) -> SafeString:
    """The progress bar of a running job, its percent and its message; without a percent the bar only moves."""
    if job.progress_percent is None:
        drawn = format_html('<progress aria-label="{}"></progress>', f"Progress of {job}")
    else:
        drawn = format_html(
            '<progress max="100" value="{}" aria-label="{}"></progress><span class="percent">{} %</span>',
            job.progress_percent,
            f"Progress of {job}",
            job.progress_percent,
        )
    return format_html(
        '<span class="bar">{}</span><span class="below">{}</span>', drawn, job.progress_message
    )


def place(job: Row) -> str:
    """Where a waiting job stands in its queue: "14 ahead, about 3 minutes"."""
    if job.ahead is None:
        return f"{GLANCE:,}+ ahead"
    if job.ahead == 0:
        return "Next in line"
    about = (
        ""
        if job.start_seconds is None
        else f", about {explain.humanize_seconds(job.start_seconds)}"
    )
    return f"{job.ahead:,} ahead{about}"


def failure(job: Job) -> SafeString:
    """The name of a failed job's error, its code in the tooltip, and the first line of its message."""
    first_line = next(iter(job.error_message.strip().splitlines()), "")
    return format_html(
        '<span class="error-type" title="{}">{}</span><span class="below" title="{}">{}</span>',
        job.error_code,
        explain.error_name(job.error_code, job.error_type),
        first_line,
        first_line,
    )


def requested_by(job: Job) -> SafeString | str:
    """Who asked for the job, and by which door."""
    return format_html(
        '{}<span class="below">{}</span>', job.requester or NOTHING, job.get_source_display()
    )


def created(job: Job) -> SafeString:
    """When the job was asked for."""
    return times.moment(job.created_at)


def wait(job: Job) -> SafeString | str:
    """How long the job waited for a worker, or has been waiting."""
    return times.lasting(job.created_at, job.started_at or job.finished_at)


def ran(job: Job) -> SafeString | str:
    """How long the job ran, or has been running."""
    if job.started_at is None or job.status == Status.PENDING:
        return NOTHING
    return times.lasting(job.started_at, job.finished_at)


def run_time(job: Row) -> SafeString | str:
    """How long the job ran, with a word where it takes longer than nearly all of its type."""
    if not job.is_slow:
        return ran(job)
    usual = f"19 of 20 end within {times.duration(job.usual.p95)}"
    return format_html(
        '{}<span class="below slow" title="{}">slower than usual</span>', ran(job), usual
    )


LIVE: dict[str, Column] = {
    "status": status,
    "progress": progress,
    "wait": wait,
    "run_time": run_time,
}


def version(job: Row) -> str:
    """Differs when the live cells of the job do, but for seconds that tick in the browser."""
    moving = place(job) if job.status == Status.PENDING else "slow" if job.is_slow else ""
    return f"{job.version} {moving}".strip()


def cell(job: Row, column: str) -> SafeString:
    """A live cell: the column's HTML in the frame by which live.js finds and replaces it."""
    return format_html(
        '<div class="cell" data-job="{}" data-column="{}" data-version="{}"{}>{}</div>',
        job.pk,
        column,
        version(job),
        "" if job.is_settled else SafeString(" data-active"),
        LIVE[column](job),
    )


def cells(job: Row) -> dict[str, SafeString]:
    """All live cells of a job, by column."""
    return {column: cell(job, column) for column in LIVE}
