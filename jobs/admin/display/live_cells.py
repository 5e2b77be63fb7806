"""The cells of the job list that change while it is open, and the tags by which they are known."""

from collections.abc import Callable, Iterable
from functools import lru_cache

from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.digest import digest_of
from jobs.admin.display import columns
from jobs.admin.job_list.rows import JobRow
from jobs.models import Status


def status_now(job: JobRow) -> SafeString:
    """The badge in the list; of a job that left the list, it says where the job is now."""
    if not job.left_as:
        return columns.status_badge(job) + columns.acknowledged_mark(job)
    if job.left_as == job.status:
        return format_html(
            '<span class="badge" data-status="{}">now {}</span>',
            job.status,
            job.get_status_display(),
        )
    return format_html('{}<span class="below">{}</span>', columns.status_badge(job), job.left_as)


LIVE_COLUMNS: dict[str, Callable[[JobRow], SafeString | str]] = {
    "status": status_now,
    "progress": columns.progress_summary,
    "wait": columns.wait_time,
    "run_time": columns.run_time_and_slowness,
}
# The one that changes with the queue or with what is usual, while the job stays as it is.
ESTIMATED_COLUMNS = {Status.PENDING: ("progress",), Status.PROCESSING: ("run_time",)}
HAS_LEFT = "l"


def job_tag(job: JobRow) -> str:
    """The version of the job, which changes with it, and HAS_LEFT if it left the list."""
    return f"{job.version}{HAS_LEFT if job.left_as else ''}"


def estimate_tag(job: JobRow) -> str:
    """A short text that changes with an estimate in the live cells; the browser counts seconds."""
    if job.status == Status.PENDING:
        return _short_tag(columns.queue_position(job))
    return "slow" if job.is_slow else ""


@lru_cache(maxsize=4_096)
def _short_tag(text: str) -> str:
    return digest_of(text, size=3)


def live_cell(job: JobRow, column: str) -> SafeString:
    """The HTML of a column in the element that live.js finds and updates.

    The first one of a row has its tags, by which the refresh knows what the page shows.
    """
    tags = f"{job_tag(job)}.{estimate_tag(job)}" if column == "status" else ""
    return format_html(
        '<div class="cell" data-job="{}" data-column="{}"{}>{}</div>',
        job.pk.hex,
        column,
        format_html(' data-tags="{}"', tags) if tags else "",
        LIVE_COLUMNS[column](job),
    )


def contents(job: JobRow, columns: Iterable[str] = tuple(LIVE_COLUMNS)) -> dict[str, str]:
    """The content of live cells of a job, by column."""
    return {column: LIVE_COLUMNS[column](job) for column in columns}
