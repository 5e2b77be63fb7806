"""The columns and times of a job as template tags, for pages that are no tables."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs import explain
from jobs.admin import once
from jobs.admin.display import columns, times
from jobs.safe_text import isolated

register = template.Library()


@register.simple_tag(takes_context=True, name="once")
def once_field(context: Any) -> SafeString:
    """The hidden input with the once-only key of a form. Browsers must not fill it in again: autocomplete is off."""
    key = context.get("once") or once.new(context["request"].user)
    return format_html(
        '<input type="hidden" name="{}" value="{}" autocomplete="off">', once.FIELD, key
    )


register.filter("isolated", isolated)
register.simple_tag(columns.status, name="badge")
register.simple_tag(columns.bar, name="bar")
register.simple_tag(columns.wait, name="wait")
register.simple_tag(columns.ran, name="ran")
register.simple_tag(columns.type_label, name="type_label")
register.simple_tag(times.moment, name="moment")
register.simple_tag(times.clock, name="exact")
register.simple_tag(times.time_of_day, name="clock")
register.simple_tag(times.hour, name="hour")
register.simple_tag(times.duration, name="duration")
register.simple_tag(columns.failure, name="failure")
register.simple_tag(lambda at: times.lasting(at, None), name="since")
register.simple_tag(explain.humanize_seconds, name="humanize_seconds")
