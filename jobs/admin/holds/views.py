"""The page "Holds and limits", and what its forms do: each POST redirects to the page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from jobs import access, registry, services
from jobs.admin.audit import admin_caller
from jobs.admin.guard import MissingRight
from jobs.admin.holds.forms import HoldForm, LimitForm
from jobs.admin.messages import refusal
from jobs.admin.pages import admin_page
from jobs.admin_site import admin_url
from jobs.errors import Refused
from jobs.models import Hold, HoldKind, SiteLimit, Worker

ENDED_ROWS = 10
# The fields of the forms, by those that the services name.
FIELDS = {**dict.fromkeys(HoldKind.values, "target"), "until": "until"}


def holds_view(request: HttpRequest) -> HttpResponse:
    """What keeps jobs from starting; a POST places the hold of the form."""
    if request.method == "GET":
        return _page(request, HoldForm(initial=_asked_for(request)), LimitForm())
    _require_hold(request)
    form = HoldForm(request.POST)
    if form.is_valid():
        entries = form.cleaned_data
        kind, end = HoldKind(entries["kind"]), entries["end"]
        caller, reason = admin_caller(request), entries["reason"]
        try:
            placed = services.hold(caller, kind, entries["target"], reason=reason, until=end)
        except Refused as error:
            _add_refusal(form, error)
        else:
            messages.success(request, f"{placed} is on hold. Running jobs go on, others wait.")
            return _to_page()
    return _page(request, form, LimitForm())


def limits_view(request: HttpRequest) -> HttpResponse:
    """The same page; a POST sets the limit of the form."""
    if request.method == "GET":
        return _page(request, HoldForm(), LimitForm())
    _require_hold(request)
    form = LimitForm(request.POST)
    if form.is_valid():
        entries = form.cleaned_data
        slug, by = entries["type"], entries["by"].strip()
        caller, reason = admin_caller(request), entries["reason"]
        try:
            services.set_site_limit(caller, slug, entries["at_most"], by=by, reason=reason)
        except Refused as error:
            _add_refusal(form, error)
        else:
            messages.success(request, f"The limit of {registry.get(slug).label} is set.")
            return _to_page()
    return _page(request, HoldForm(), form)


def _require_hold(request: HttpRequest) -> None:
    if not access.may_hold(request.user):
        raise MissingRight(access.HOLD)


def release_hold_view(request: HttpRequest, hold_id: int) -> HttpResponse:
    """End a hold now."""
    return _done(
        request,
        lambda: services.release_hold(admin_caller(request), hold_id),
        "Released. Its jobs start within seconds.",
    )


def remove_limit_view(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove the site's limit of a type."""
    return _done(
        request,
        lambda: services.remove_site_limit(admin_caller(request), slug),
        "Removed. The limit that the type declares applies, if it has one.",
    )


def drain_view(request: HttpRequest, worker_id: str) -> HttpResponse:
    """Let a worker take nothing new."""
    reason = request.POST.get("reason", "")
    return _done(
        request,
        lambda: services.drain_worker(admin_caller(request), worker_id, reason=reason),
        "Within 10 seconds the worker stops taking jobs. It finishes those that it runs.",
    )


def resume_view(request: HttpRequest, worker_id: str) -> HttpResponse:
    """Let a drained worker take jobs again."""
    return _done(
        request,
        lambda: services.resume_worker(admin_caller(request), worker_id),
        "The worker takes jobs again within 10 seconds.",
    )


def routes(may_see: Any, may_hold: Callable[[Any], bool]) -> Iterator[tuple[Any, ...]]:
    """Yield the routes of the page and of what it does: each with its name, view and guard."""

    def permitted(request: HttpRequest) -> bool:
        return may_hold(request.user)

    yield "holds/", "holds", holds_view, may_see, "GET", "POST"
    yield "holds/limits/", "limits", limits_view, may_see, "GET", "POST"
    for route, name, view in (
        ("<int:hold_id>/release/", "hold_release", release_hold_view),
        ("limits/<slug:slug>/remove/", "limit_remove", remove_limit_view),
        ("workers/<slug:worker_id>/drain/", "worker_drain", drain_view),
        ("workers/<slug:worker_id>/resume/", "worker_resume", resume_view),
    ):
        yield f"holds/{route}", name, view, permitted, "POST"


def _done(request: HttpRequest, act: Callable[[], Any], sentence: str) -> HttpResponse:
    try:
        act()
    except (Hold.DoesNotExist, SiteLimit.DoesNotExist, Worker.DoesNotExist) as error:
        raise Http404("It is gone.") from error
    except Refused as error:
        messages.error(request, refusal(error))
    else:
        messages.success(request, sentence)
    return _to_page()


def _add_refusal(form: Any, error: Refused) -> None:
    field = FIELDS.get(error.field, error.field)
    form.add_error(field if field in form.fields else None, refusal(error))


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """What the address fills in, such as ?kind=queue&target=default."""
    return {name: request.GET[name] for name in ("kind", "target") if name in request.GET}


def _page(request: HttpRequest, hold_form: HoldForm, limit_form: LimitForm) -> HttpResponse:
    visible = services.visible_holds(request.user)
    active = Hold.objects.active()
    context: Mapping[str, Any] = {
        "title": "Holds and limits",
        "active": visible.filter(pk__in=active.values("pk")),
        "ended": visible.exclude(pk__in=active.values("pk"))[:ENDED_ROWS],
        "limits": services.limited_types(),
        "workers": services.running_workers() if access.may_see_workers(request.user) else [],
        "may_hold": access.may_hold(request.user),
        "hold_form": hold_form,
        "limit_form": limit_form,
        "targets": [*(one.label for one in registry.all()), *registry.queues()],
    }
    return admin_page(request, "holds/page", context)


def _to_page() -> HttpResponse:
    return HttpResponseRedirect(admin_url("jobs_job_holds"))
