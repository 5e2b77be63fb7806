"""How far a running job is: its bar, what it counts, and how fast it advances."""

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import explain
from jobs.durations import humanize_seconds
from jobs.models import Job
from jobs.quantities import amount_text, number_text, rate_text

BAR = '<progress max="100" value="{}" aria-label="{}"></progress><span class="percent">{} %</span>'


def progress_bar(job: Job, note: str = "") -> SafeString:
    """The bar of a running job, indeterminate without a percent, with its message and a note."""
    label, percent = f"Progress of {job}", job.progress_percent
    if percent is None:
        bar = format_html('<progress aria-label="{}"></progress>', label)
    else:
        bar = format_html(BAR, percent, label, percent)
    text = " · ".join(one for one in (job.progress_message, note) if one)
    return format_html('<span class="bar">{}</span><span class="below">{}</span>', bar, text)


def counted_progress(job: Job) -> str:
    """What a running job counts: "1,200 of 5,000 rows, 80 rows/s, about 48 s left"; else ""."""
    if job.progress_done is None:
        return ""
    seconds = explain.run_eta_seconds(job)
    left = "" if seconds is None else f"about {humanize_seconds(seconds)} left"
    return ", ".join(one for one in (progress_rate(job), left) if one)


def progress_rate(job: Job) -> str:
    """What is done and how fast: "1,200 of 5,000 rows, 80 rows/s", or "about 12 % a minute".

    The speed is left out, or all of it is "", while there is no estimate.
    """
    speed = _speed(job)
    if job.progress_done is None or job.progress_total is None:
        return speed
    amount = amount_text(job.progress_done, job.progress_total, job.progress_unit)
    return f"{amount}, {speed}" if speed else amount


def _speed(job: Job) -> str:
    if explain.run_eta_seconds(job) is None or job.started_at is None:
        return ""
    elapsed = (timezone.now() - job.started_at).total_seconds()
    if job.progress_done is not None:
        return rate_text(job.progress_done / elapsed, job.progress_unit)
    by_minute = 60 * (job.progress_percent or 0) / elapsed
    rate, unit = (by_minute, "minute") if by_minute >= 1 else (60 * by_minute, "hour")
    return f"about {number_text(round(rate))} % a {unit}" if rate >= 1 else ""
