"""Messages after a bulk action: how many jobs it changed, and why not the others, with links."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import services, stats
from jobs.services import Report, Targets, format_job_count


def add_outcomes(request: HttpRequest, report: Report) -> None:
    """Add a message with the outcomes, and links to jobs that were not changed."""
    if not report.total:
        messages.warning(request, "No job matches any more.")
        return
    reasons = [
        format_html("{} {}{}", f"{one.count:,}", one.text, _links(one)) for one in report.reasons()
    ]
    text = format_html_join("; ", "{}", [(part,) for part in (report.done(), *reasons)])
    add = messages.warning if reasons else messages.success
    add(request, format_html("{}.", text))


def _links(reason: services.Reason) -> SafeString:
    links = format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        (
            (reverse("admin:jobs_job_change", args=[row.job_id]), row.name)
            for row in reason.examples
            if row.name
        ),
    )
    if not links:
        return SafeString()
    more = reason.count - len(reason.examples)
    return format_html(" ({}{})", links, f" and {more:,} more" if more else "")


def add_skipped(request: HttpRequest, targets: Targets) -> None:
    """Add a message with the number of jobs skipped for their status; none if counting is slow."""
    counts = stats.counts_in_time(targets.skipped_by_status)
    skipped = sum(counts.values()) if counts else 0
    if skipped:
        status = "its status does" if skipped == 1 else "their status does"
        messages.warning(request, f"{format_job_count(skipped)} skipped: {status} not allow it.")
