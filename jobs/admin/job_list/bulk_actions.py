"""Bulk actions: after a confirmation the request acts on up to 100 jobs, a bulk job on more.

Messages report how many jobs were changed, and why the others were not, with links.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import DEFAULT_DB_ALIAS, Error
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs import database, parameters, services, stats
from jobs.admin import once
from jobs.admin.audit import admin_caller, log_action, note_of
from jobs.admin.job_list.bulk_job import launch_bulk_job
from jobs.admin.job_list.confirmation import REQUEST_LIMIT, confirmation_page
from jobs.admin.job_list.filters import filter_query
from jobs.admin.job_list.launched_again import links_to_launched
from jobs.admin_site import admin_url
from jobs.errors import PartlyDone
from jobs.filters import parse_uuid
from jobs.models import Job
from jobs.safe_text import quantity
from jobs.services import Action, OneStatement, Report, Targets

SLICES_SECONDS = 5.0
CHANGED_LIMIT = 1_000  # jobs that changed since: above, a bulk job reports their outcome
# Confirmation pages that are older are shown again: their counts are out of date.
CONFIRMATION_LASTS = timedelta(hours=1)
EXAMPLES = 5  # jobs named for each reason


def for_job_list(action: Action) -> Any:
    """Return `action` as Django's admin declares it, under the permission of the same name."""

    @admin.action(permissions=[action.name], description=action.label)
    def respond(model_admin: Any, request: HttpRequest, jobs: Any) -> HttpResponse | None:
        return confirm_or_act_on_each(request, action)

    respond.__name__ = action.name
    return respond


def confirm_or_act_on_each(request: HttpRequest, action: Action) -> HttpResponse | None:
    """Show the confirmation page for the selected jobs; once confirmed, act on them.

    None means that Django redirects to the list.
    """
    now = database.now(DEFAULT_DB_ALIAS)
    confirmed_at = parameters.moment(request.POST.get("as_of", "")) or now
    targets = _selected(request, action, confirmed_at)
    if targets.ticked is not None and len(targets.ticked) > REQUEST_LIMIT:
        # No page of the list has so many.
        messages.error(request, f"Select at most {REQUEST_LIMIT} jobs.")
        return HttpResponseRedirect(request.get_full_path())
    if request.POST.get("confirmed") != "yes":
        return confirmation_page(request, replace(targets, as_of=now))
    if not now - CONFIRMATION_LASTS <= confirmed_at <= now:
        messages.warning(request, "This page was out of date, so nothing was done. Confirm again.")
        return confirmation_page(request, replace(targets, as_of=now, newest=None))
    ids = targets.first(REQUEST_LIMIT + 1)
    if len(ids) <= REQUEST_LIMIT:
        _act_on_each(request, targets, ids)
        return None
    if action.one_statement is not None:
        return _act_in_slices(request, targets, action.one_statement)
    return launch_bulk_job(request, targets)


def _selected(request: HttpRequest, action: Action, as_of: datetime) -> Targets:
    ticked = {parse_uuid(text) for text in request.POST.getlist(ACTION_CHECKBOX_NAME)}
    return Targets(
        user=request.user,
        action=action,
        filters=filter_query(request),
        as_of=as_of,
        newest=parse_uuid(request.POST.get("newest", "")),
        ticked=None if request.POST.get("select_across") == "1" else {one for one in ticked if one},
    )


def _act_on_each(request: HttpRequest, targets: Targets, ids: list[UUID]) -> None:
    """Act on each job, log it, and report the outcomes."""
    action, caller, note = targets.action, admin_caller(request), note_of(request)
    key_of = partial(once.form_idempotency_key, request)
    report, changed, reached = Report(action, EXAMPLES), [], []
    try:
        for row in services.apply_action(action, caller, ids, note, targets.as_of, key_of):
            report.add(row)
            if row.outcome in services.REACHED:
                changed.append(Job(id=row.job_id, name=row.name))
                reached.append(row)
        if not action.logs_itself:
            log_action(request, changed, _log_message(action, note))
    except Error as error:
        if database.is_bug(error):
            raise
        raise PartlyDone(action.done, len(changed), len(ids)) from error
    _add_outcomes(request, report, links_to_launched(request.user, reached))
    _add_skipped(request, targets)


def _log_message(action: Action, note: str) -> str:
    return f"{action.label}, from the list. {note}".strip()


def _act_in_slices(
    request: HttpRequest, targets: Targets, statement: OneStatement
) -> HttpResponse | None:
    """Act on many jobs at a time for up to 5 seconds; a bulk job does the others."""
    action, caller, note, done = targets.action, admin_caller(request), note_of(request), 0
    slices = services.apply_in_slices(statement, caller, targets, note, seconds=SLICES_SECONDS)
    try:
        for jobs in slices:
            done += len(jobs)
            log_action(request, jobs, _log_message(action, note))
        changed = _changed_by_others(targets, statement.done_since(caller, targets.as_of))
        if len(changed) > CHANGED_LIMIT or targets.remaining.exists():
            return launch_bulk_job(request, targets, done)
        report = Report(action, EXAMPLES)
        report.add_done(done)
        for row in services.apply_action(action, caller, changed, note, targets.as_of):
            report.add(row)
    except Error as error:
        if database.is_bug(error):
            raise
        raise PartlyDone(action.done, done) from error
    _add_outcomes(request, report)
    return None


def _changed_by_others(targets: Targets, done_here: Q) -> list[UUID]:
    """The targets that have started or ended since, except those that this request did."""
    others = targets.changed.exclude(done_here)
    return list(others.order_by("id").values_list("id", flat=True)[: CHANGED_LIMIT + 1])


def _add_outcomes(request: HttpRequest, report: Report, more: str = "") -> None:
    """Add a message with the outcomes, links to jobs that were not changed, and `more` links."""
    if not report.total:
        messages.warning(request, "No job matches any more.")
        return
    reasons = [
        format_html("{} {}{}", f"{one.count:,}", one.text, _links(one)) for one in report.reasons()
    ]
    text = format_html_join("; ", "{}", [(part,) for part in (report.done(), *reasons)])
    add = messages.warning if reasons else messages.success
    add(request, format_html("{}.{}", text, more))


def _links(reason: services.Reason) -> SafeString:
    links = format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        (
            (admin_url("jobs_job_change", row.job_id), row.name)
            for row in reason.examples
            if row.name
        ),
    )
    if not links:
        return SafeString()
    more = reason.count - len(reason.examples)
    return format_html(" ({}{})", links, f" and {more:,} more" if more else "")


def _add_skipped(request: HttpRequest, targets: Targets) -> None:
    """Add a message with the number of jobs skipped for their status; none if counting is slow."""
    counts = stats.counts_in_time(targets.skipped_by_status)
    skipped = sum(counts.values()) if counts else 0
    if skipped:
        status = "its status does" if skipped == 1 else "their status does"
        messages.warning(request, f"{quantity(skipped, 'job')} skipped: {status} not allow it.")
