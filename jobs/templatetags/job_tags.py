"""Template tags `job_tags`: the columns and times of jobs, for pages that are not tables."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin import once
from jobs.admin.display import columns, progress, times, workers
from jobs.admin.display.accounts import address_of_account
from jobs.durations import humanize_seconds, limit_duration
from jobs.models import account_name
from jobs.safe_text import isolated, quantity

register = template.Library()


@register.simple_tag(takes_context=True)
def once_only_key(context: Any) -> SafeString:
    """The hidden input with the once-only key of a form; browsers must not fill it in again."""
    key = context.get("once") or once.new_key(context["request"].user)
    return format_html(
        '<input type="hidden" name="{}" value="{}" autocomplete="off">', once.FIELD, key
    )


@register.filter
def first_refused(form: Any) -> str:
    """The name of the first field of a form that has an error; "" if none has."""
    return next((field.name for field in form if field.errors), "")


@register.filter
def with_cursor_if(field: Any, name: str) -> SafeString:
    """The input of a field; that of the field `name` has the cursor when the page opens."""
    widget: SafeString = field.as_widget(attrs={"autofocus": True} if field.name == name else None)
    return widget


register.filter(account_name)
register.filter(isolated)
register.simple_tag(address_of_account, name="account_url")
for function in (
    columns.error_summary,
    progress.progress_bar,
    columns.requester_link,
    columns.run_time,
    columns.source_and_token,
    columns.status_badge,
    columns.subject_link,
    columns.type_label,
    columns.wait_time,
    times.duration,
    times.elapsed,
    times.exact_time,
    times.hour_and_minute,
    times.relative_time,
    times.time_of_day,
    humanize_seconds,
    limit_duration,
    quantity,
    workers.worker_link,
):
    register.simple_tag(function)
