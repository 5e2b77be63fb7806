"""Actions on many jobs of the list: a question, then the action; above a hundred jobs a job of its own does it."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS, Error
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs import database, parameters, services, stats
from jobs.admin import audit, once
from jobs.admin.job_list import bulk_messages
from jobs.admin.job_list.filters import filter_query
from jobs.admin.job_page.actions import refusal
from jobs.errors import NotPermitted, OutcomeUnknown, PartlyDone, Refused, Unavailable
from jobs.filters import parse_uuid
from jobs.models import Job, Status
from jobs.services import CANCEL, DELETE, Action, Report, Targets, jobs_in_words

AT_ONCE = 100
CANCEL_SECONDS = 5.0
CHANGED_LIMIT = 1_000  # jobs whose outcome the request itself reports after a cancel
COUNT_MILLISECONDS = 5_000
# A question that stood open for longer is asked again: its number says little about the jobs of
# now.
QUESTION_LASTS = timedelta(hours=1)
SHOWN = 10
NAMED = 5


def for_job_list(action: Action) -> Any:
    """Return `action` as Django's admin declares it, under the permission of the same name."""

    @admin.action(permissions=[action.name], description=action.label)
    def ask_or_act(model_admin: Any, request: HttpRequest, jobs: Any) -> HttpResponse | None:
        return confirm_or_act(request, action)

    ask_or_act.__name__ = action.name
    return ask_or_act


def confirm_or_act(request: HttpRequest, action: Action) -> HttpResponse | None:
    """Show the confirmation page for the selected jobs; once confirmed, act and return to the list."""
    now = database.now(DEFAULT_DB_ALIAS)
    asked_at = parameters.moment(request.POST.get("as_of", "")) or now
    targets = _targets(request, action, asked_at)
    if targets.ticked is not None and len(targets.ticked) > AT_ONCE:
        # No page has so many to tick.
        messages.error(request, f"Tick at most {AT_ONCE} jobs.")
        return HttpResponseRedirect(request.get_full_path())
    if request.POST.get("confirmed") != "yes":
        return _question(request, replace(targets, as_of=now))
    if not now - QUESTION_LASTS <= asked_at <= now:
        messages.warning(
            request, "That question was too old, so nothing was done. This one is up to date."
        )
        return _question(request, replace(targets, as_of=now, newest=None))
    ids = targets.first(AT_ONCE + 1)
    if len(ids) <= AT_ONCE:
        _act(request, targets, ids)
        return None
    return _cancel(request, targets) if action is CANCEL else _as_job(request, targets)


def _targets(request: HttpRequest, action: Action, as_of: datetime) -> Targets:
    ticked = {parse_uuid(text) for text in request.POST.getlist(ACTION_CHECKBOX_NAME)}
    return Targets(
        user=request.user,
        action=action,
        filters=filter_query(request),
        as_of=as_of,
        newest=parse_uuid(request.POST.get("newest", "")),
        ticked=None if request.POST.get("select_across") == "1" else {one for one in ticked if one},
    )


def _question(request: HttpRequest, targets: Targets) -> HttpResponse:
    action = targets.action
    targets = replace(
        targets, newest=targets.matching.order_by("-id").values_list("id", flat=True).first()
    )
    counts = _counts(targets)
    total = None if counts is None else sum(counts.values())
    first = _first(targets) if total else []
    context = audit.site_context(request) | {
        "title": f"{action.label}?",
        "action": action,
        "total": total,
        "jobs_in_words": jobs_in_words(total or 0),
        "tally": _tally(targets, counts or {}),
        "first": first,
        "more": f"{(total or 0) - len(first):,}",
        "as_job": (total or 0) > AT_ONCE,
        "at_once": AT_ONCE,
        "seconds": COUNT_MILLISECONDS // 1000,
        "newest": targets.newest or "",
        "as_of": targets.as_of.isoformat(),
        "across": int(targets.ticked is None),
        # Django takes no action without a ticked one, even where all that match are meant.
        "ids": request.POST.getlist(ACTION_CHECKBOX_NAME)[:AT_ONCE],
        "checkbox": ACTION_CHECKBOX_NAME,
        "query": request.GET.urlencode(),
        "note": audit.note(request),
    }
    return TemplateResponse(request, "admin/jobs/job_list/confirm.html", context)


def _counts(targets: Targets) -> dict[str, int] | None:
    """Return the exact number of jobs of each status that the action will affect; None if counting takes too long."""
    found = stats.counts_in_time(targets.to_do, COUNT_MILLISECONDS)
    refused = stats.counts_in_time(targets.refused, COUNT_MILLISECONDS)
    if found is None or refused is None:
        return None
    left = {status: count - refused.get(status, 0) for status, count in found.items()}
    return {status: count for status, count in left.items() if count > 0}


def _first(targets: Targets) -> list[Job]:
    """Return the newest jobs that the action will affect."""
    jobs = list(targets.to_do.without_large().order_by("-id")[:SHOWN])
    refused = set(
        targets.refused.filter(id__in=[job.id for job in jobs]).values_list("id", flat=True)
    )
    return [job for job in jobs if job.id not in refused]


def _tally(targets: Targets, counts: Any) -> list[tuple[str, str, str, str]]:
    """Return status, label, exact count and what happens to those jobs; first those that the action will affect."""
    everything = stats.counts_in_time(targets.listed) or {}
    labels = dict(Status.choices)
    stops = {Status.PROCESSING: "asked to stop"} if targets.action.asks_to_stop else {}
    done = [
        (
            status,
            labels[status],
            f"{count:,}",
            f"will be {stops.get(Status(status), targets.action.done)}",
        )
        for status, count in counts.items()
    ]
    left = {status: count - counts.get(status, 0) for status, count in everything.items()}
    return done + [
        (status, labels[status], f"{count:,}", "will be left alone")
        for status, count in left.items()
        if count > 0
    ]


def _act(request: HttpRequest, targets: Targets, ids: list[UUID]) -> None:
    """Apply the action to each job, log it, and report the outcomes."""
    action, caller, note = targets.action, audit.caller(request), audit.note(request)
    key_of = partial(once.idempotency_key, request)
    report, done = Report(action, NAMED), []
    try:
        for row in services.apply_action(action, caller, ids, note, targets.as_of, key_of):
            report.add(row)
            if row.outcome in services.REACHED:
                done.append(Job(id=row.job_id, name=row.name))
        if action is not DELETE:  # the service notes deletions itself
            audit.action(request, done, f"{action.label}, from the list. {note}".strip())
    except Error as error:
        if database.is_bug(error):
            raise
        raise PartlyDone(action.done, len(done), len(ids)) from error
    bulk_messages.say_what_became(request, report)
    bulk_messages.say_what_was_left(request, targets)


def _cancel(request: HttpRequest, targets: Targets) -> HttpResponse | None:
    """Cancel waiting jobs in this request until its time is up; a bulk job does the rest."""
    caller, note, done = audit.caller(request), audit.note(request), 0
    try:
        for jobs in services.cancel_waiting_targets(caller, targets, note, seconds=CANCEL_SECONDS):
            done += len(jobs)
            audit.action(request, jobs, f"Cancel, from the list. {note}".strip())
        changed = _changed_by_others(targets, caller)
        if len(changed) > CHANGED_LIMIT or targets.remaining.exists():
            return _as_job(request, targets, done)
        report = Report(CANCEL, NAMED)
        report.add_done(done)
        for row in services.apply_action(CANCEL, caller, changed, note, targets.as_of):
            report.add(row)
    except Error as error:
        if database.is_bug(error):
            raise
        raise PartlyDone(CANCEL.done, done) from error
    bulk_messages.say_what_became(request, report)
    return None


def _changed_by_others(targets: Targets, caller: services.Caller) -> list[UUID]:
    ours = {"cancel_requested_by": caller.name, "cancel_requested_at__gte": targets.as_of}
    others = targets.changed.exclude(status=Status.CANCELLED, **ours)
    return list(others.order_by("id").values_list("id", flat=True)[: CHANGED_LIMIT + 1])


def _as_job(request: HttpRequest, targets: Targets, done: int = 0) -> HttpResponse:
    """Launch the action as a job and redirect to it; `done` is the number of jobs already done."""
    action = targets.action
    before = f"{jobs_in_words(done)} {action.done}. " if done else ""
    try:
        job = _launched(request, targets)
    except OutcomeUnknown:
        raise
    except (Refused, Unavailable) as error:
        if isinstance(error, NotPermitted) and not done:
            raise PermissionDenied(str(error)) from error
        others = "The others were left alone: " if done else ""
        messages.error(request, f"{before}{others}{refusal(error)}")
        return HttpResponseRedirect(request.get_full_path())
    if job.replayed:
        messages.info(request, once.already_made(job))
        return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))
    with services.once_accepted(job):
        audit.action(request, [job], "Launched from the list.")
    rest = (
        "This job does the others. "
        if done
        else f"More than {AT_ONCE} jobs match, so this job does it. "
    )
    messages.success(request, f"{before}{rest}Its CSV file will say what became of each.")
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))


def _launched(request: HttpRequest, targets: Targets) -> Job:
    params = {
        "filters": filter_query(request).urlencode(),
        "newest": None if targets.newest is None else str(targets.newest),
        "as_of": targets.as_of.isoformat(),
    }
    if targets.action.note:
        params["reason"] = audit.note(request)
    caller, key = audit.caller(request), once.idempotency_key(request)
    return services.submit(caller, type=targets.action.job_type, params=params, idempotency_key=key)
