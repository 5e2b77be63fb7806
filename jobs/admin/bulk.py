"""Actions on many jobs of the list: asked first, done at once up to a hundred, as a job of their own beyond."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs import access, services, stats
from jobs.admin import record
from jobs.admin.deeds import REFUSALS, refusal
from jobs.admin.listing import capped
from jobs.models import ACTIVE, SETTLED, Job, JobQuerySet, Status
from jobs.selection import as_uuid
from jobs.services import Caller

AT_ONCE = 100
SHOWN = 10
REASONS = 3


@dataclass(frozen=True)
class Verb:
    """What an action does to a job that is in one of `statuses`; `job_type` does it beyond a hundred."""

    name: str
    label: str
    done: str
    statuses: tuple[str, ...]
    act: Callable[[Caller, UUID, str], Any]
    permission: Callable[[Any], bool]
    job_type: str
    asks_note: bool = False
    warning: str = ""


VERBS = (
    Verb(
        "launch_again",
        "Launch again",
        "launched again",
        SETTLED,
        lambda caller, job_id, note: services.rerun(caller, job_id),
        access.may_launch_some,
        "bulk_rerun",
    ),
    Verb(
        "cancel",
        "Cancel",
        "cancelled",
        ACTIVE,
        services.cancel,
        access.may_cancel_some,
        "bulk_cancel",
        asks_note=True,
        warning="Jobs that run already are asked to stop, and are stopped if they do not.",
    ),
    Verb(
        "acknowledge",
        "Acknowledge",
        "acknowledged",
        (Status.FAILED,),
        services.acknowledge,
        access.may_cancel_some,
        "bulk_acknowledge",
        asks_note=True,
    ),
    Verb(
        "delete",
        "Delete",
        "deleted",
        SETTLED,
        lambda caller, job_id, note: services.delete(caller, job_id),
        access.may_delete,
        "bulk_delete",
        warning="Their records, logs, histories and files are deleted. This cannot be undone.",
    ),
)


def chosen(request: HttpRequest, verb: Verb, jobs: JobQuerySet) -> HttpResponse | None:
    """Ask about the ticked jobs, or all that match; once confirmed, act and go back to the list."""
    if not verb.permission(request.user):
        raise PermissionDenied
    if newest := as_uuid(request.POST.get("newest", "")):
        # Nothing that was launched after the question was asked.
        jobs = jobs.filter(pk__lte=newest)
    counts = stats.counts_to(jobs, stats.CAP)
    legal = jobs.filter(status__in=verb.statuses)
    if request.POST.get("confirmed") != "yes":
        return _question(request, verb, jobs, counts)
    ids = list(legal.order_by("id").values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(ids) > AT_ONCE:
        return _as_job(request, verb)
    # Without counts, which took too long, nobody knows how many were left alone.
    _act(request, verb, ids, max(0, sum(counts.get(status, 0) for status in Status.values) - len(ids)))
    return None


def _question(request: HttpRequest, verb: Verb, jobs: JobQuerySet, counts: Any) -> HttpResponse:
    legal = sum(counts.get(status, 0) for status in verb.statuses)
    newest = jobs.order_by("-id").values_list("pk", flat=True).first()
    context = record.site_context(request) | {
        "title": f"{verb.label}?",
        "verb": verb,
        "counts": [
            (status, label, capped(counts.get(status)), status in verb.statuses)
            for status, label in Status.choices
            if counts.get(status) or not counts
        ],
        "legal": capped(legal) if counts else "?",
        "nothing": bool(counts) and not legal,
        "first": list(jobs.filter(status__in=verb.statuses).order_by("-id")[:SHOWN]),
        "more": legal > SHOWN,
        "as_job": legal > AT_ONCE,
        "at_once": AT_ONCE,
        "newest": newest or "",
        "across": request.POST.get("select_across", "0"),
        "ids": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "checkbox": ACTION_CHECKBOX_NAME,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "admin/jobs/job/confirm.html", context)


def _act(request: HttpRequest, verb: Verb, ids: list[UUID], skipped: int) -> None:
    """Do it to each job on its own, note it, and report done, skipped and failed with the reasons."""
    caller, note = record.caller(request), request.POST.get("note", "").strip()[:1000]
    named = Job.objects.without_large().in_bulk(ids)
    done: list[Job] = []
    reasons: Counter[str] = Counter()
    for job_id in ids:
        try:
            verb.act(caller, job_id, note)
            done.append(named[job_id])
        except (
            *REFUSALS,
            services.OutcomeUnknown,
            services.NotPermitted,
            Job.DoesNotExist,
            KeyError,
        ) as error:
            reasons[refusal(error)] += 1
    if verb.name != "delete":  # the service notes deletions itself
        record.action(request, done, f"{verb.label}, from the list. {note}".strip())
    _report(request, verb, len(done), skipped, reasons)


def _report(request: HttpRequest, verb: Verb, done: int, skipped: int, reasons: Counter[str]) -> None:
    if done:
        messages.success(request, f"{_jobs(done)} {verb.done}.")
    if skipped:
        messages.warning(request, f"{_jobs(skipped)} skipped: their status does not allow it.")
    for reason, count in reasons.most_common(REASONS):
        messages.error(request, f"{_jobs(count)} not {verb.done}: {reason}")


def _as_job(request: HttpRequest, verb: Verb) -> HttpResponse:
    """Launch the action as a job and lead to it."""
    if request.POST.get("select_across") != "1":
        # No page has so many to tick; the job would do it to all that match.
        messages.error(request, f"Tick at most {AT_ONCE} jobs.")
        return HttpResponseRedirect(request.get_full_path())
    params = {"filters": _filters(request), "newest": request.POST.get("newest") or None}
    if verb.asks_note:
        params["reason"] = request.POST.get("note", "").strip()[:1000]
    caller = record.caller(request)
    try:
        job = services.submit(caller, type=verb.job_type, params=params)
    except services.NotPermitted as error:
        raise PermissionDenied(str(error)) from error
    except REFUSALS as error:
        messages.error(request, refusal(error))
        return HttpResponseRedirect(request.get_full_path())
    with services.once_accepted(job):
        record.action(request, [job], "Launched from the list.")
    messages.success(
        request, "They are many, so this is a job of its own. Its CSV file will say what became of each."
    )
    return HttpResponseRedirect(reverse("admin:jobs_job_change", args=[job.pk]))


def _filters(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("p", None)
    return query.urlencode()


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"


def verb_of(name: str) -> Verb | None:
    """The verb of an action's name."""
    return next((verb for verb in VERBS if verb.name == name), None)


def permitted(user: Any) -> Iterable[Verb]:
    """The verbs that `user` may choose from."""
    return (verb for verb in VERBS if verb.permission(user))
