"""What the list says after a bulk action: how many jobs it was done to, and why not to the others, with links."""

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import services, stats
from jobs.services import Report, Targets, jobs_in_words


def say_what_became(request: HttpRequest, report: Report) -> None:
    """Say on the next page what became of the jobs, with links to those that were left out."""
    if not report.total:
        messages.warning(request, "No job matches any more.")
        return
    reasons = [format_html("{} {}{}", f"{one.count:,}", one.words, _links(one)) for one in report.reasons()]
    text = format_html_join("; ", "{}", [(part,) for part in (report.done(), *reasons)])
    say = messages.warning if reasons else messages.success
    say(request, format_html("{}.", text))


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


def say_what_was_left(request: HttpRequest, targets: Targets, total: int) -> None:
    """Say how many jobs were left alone for their status; nothing where that takes long to count."""
    found = stats.counts_in_time(targets.matching)
    others = sum(found.values()) - total if found else 0
    if others > 0:
        whose = "its status does" if others == 1 else "their status does"
        messages.warning(request, f"{jobs_in_words(others)} skipped: {whose} not allow it.")
