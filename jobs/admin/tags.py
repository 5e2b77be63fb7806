"""The columns and times of a job as template tags, for pages that are no tables."""

from django import template

from jobs import explain
from jobs.admin import columns, times

register = template.Library()

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
register.simple_tag(explain.words, name="roughly")
