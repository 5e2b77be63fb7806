"""The page "Holds and limits", and what its forms do: each POST redirects to the page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict

from jobs import access, registry, services
from jobs.admin.audit import admin_caller
from jobs.admin.guard import MissingRight
from jobs.admin.holds.buttons import (
    drain_view,
    release_hold_view,
    remove_limit_view,
    resume_view,
    to_holds_page,
)
from jobs.admin.holds.forms import ChangeForm, HoldForm, LimitForm
from jobs.admin.messages import refusal
from jobs.admin.once import form_idempotency_key, key_of_form
from jobs.admin.pages import admin_page
from jobs.admin.signed_out import take_kept_form
from jobs.errors import Refused
from jobs.models import Hold, HoldKind

ACTIVE_ROWS = 200
ENDED_ROWS = 10
# The fields of the forms, by those that the services name.
FIELDS = {**dict.fromkeys(HoldKind.values, "target"), "until": "until"}


def holds_view(request: HttpRequest) -> HttpResponse:
    """What keeps jobs from starting; a POST places the hold of the form."""
    if request.method == "GET":
        kept = _kept_entries(request)
        return _page(request, HoldForm(kept, initial=_asked_for(request)), LimitForm())
    _require_hold(request)
    form = HoldForm(request.POST)
    if form.is_valid():
        entries = form.cleaned_data
        kind, end = HoldKind(entries["kind"]), entries["end"]
        caller, reason = admin_caller(request), entries["reason"]
        try:
            placed = services.hold(
                caller,
                kind,
                entries["target"],
                reason=reason,
                until=end,
                idempotency_key=form_idempotency_key(request),
            )
        except Refused as error:
            _add_refusal(form, error)
        else:
            _report_placed(request, placed)
            return to_holds_page()
    return _page(request, form, LimitForm())


def _report_placed(request: HttpRequest, placed: Hold) -> None:
    if Hold.objects.active().filter(pk=placed.pk).exists():
        messages.success(request, f"{placed} is on hold. Running jobs go on, others wait.")
    else:
        messages.info(request, f"This form was sent before. The hold of {placed} has ended since.")


def limits_view(request: HttpRequest) -> HttpResponse:
    """The same page; a POST sets the limit of the form."""
    if request.method == "GET":
        return _page(request, HoldForm(), LimitForm(_kept_entries(request)))
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
            return to_holds_page()
    return _page(request, HoldForm(), form)


def change_hold_view(request: HttpRequest, hold_id: int) -> HttpResponse:
    """The same page with the end and the reason of a hold to change; a POST changes them."""
    found = services.visible_holds(request.user).filter(pk=hold_id).first()
    if found is None:
        raise Http404("No such hold.")
    form = ChangeForm(found, request.POST if request.method == "POST" else _kept_entries(request))
    if request.method == "POST" and form.is_valid():
        reason, end = form.cleaned_data["reason"], form.cleaned_data["end"]
        try:
            services.change_hold(admin_caller(request), hold_id, reason=reason, until=end)
        except Refused as error:
            _add_refusal(form, error)
        else:
            messages.success(request, f"The hold of {found} is changed.")
            return to_holds_page()
    return _page(request, HoldForm(), LimitForm(), form)


def _kept_entries(request: HttpRequest) -> QueryDict | None:
    """The entries that a user sent while signed out; they are shown again, and nothing is done."""
    kept = take_kept_form(request)
    if kept is None:
        return None
    messages.warning(request, "The form is as you filled it in. Nothing was changed yet.")
    return kept.entries


def _require_hold(request: HttpRequest) -> None:
    if not access.may_hold(request.user):
        raise MissingRight(access.HOLD)


def routes(may_see: Any, may_hold: Callable[[Any], bool]) -> Iterator[tuple[Any, ...]]:
    """Yield the routes of the page and of what it does: each with its name, view and guard."""

    def permitted(request: HttpRequest) -> bool:
        return may_hold(request.user)

    yield "holds/", "holds", holds_view, may_see, "GET", "POST"
    yield "holds/limits/", "limits", limits_view, may_see, "GET", "POST"
    change = "holds/<int:hold_id>/change/"
    yield change, "hold_change", change_hold_view, permitted, "GET", "POST"
    for route, name, view in (
        ("<int:hold_id>/release/", "hold_release", release_hold_view),
        ("limits/<slug:slug>/remove/", "limit_remove", remove_limit_view),
        ("workers/<slug:worker_id>/drain/", "worker_drain", drain_view),
        ("workers/<slug:worker_id>/resume/", "worker_resume", resume_view),
    ):
        yield f"holds/{route}", name, view, permitted, "POST"


def _add_refusal(form: Any, error: Refused) -> None:
    field = FIELDS.get(error.field, error.field)
    form.add_error(field if field in form.fields else None, refusal(error))


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """What the address fills in, such as ?kind=queue&target=default."""
    return {name: request.GET[name] for name in ("kind", "target") if name in request.GET}


def _page(
    request: HttpRequest,
    hold_form: HoldForm,
    limit_form: LimitForm,
    change_form: ChangeForm | None = None,
) -> HttpResponse:
    visible = services.visible_holds(request.user)
    active = Hold.objects.active()
    newest = list(visible.filter(pk__in=active.values("pk"))[: ACTIVE_ROWS + 1])
    context: Mapping[str, Any] = {
        "title": "Holds and limits",
        "active": newest[:ACTIVE_ROWS],
        "has_older": len(newest) > ACTIVE_ROWS,
        "ended": visible.exclude(pk__in=active.values("pk"))[:ENDED_ROWS],
        "limits": services.limited_types(),
        "workers": services.running_workers() if access.may_see_workers(request.user) else [],
        "may_hold": access.may_hold(request.user),
        "hold_form": hold_form,
        "limit_form": limit_form,
        "change_form": change_form,
        "once": key_of_form(request),
        "targets": [*(one.label for one in registry.all()), *registry.queues()],
    }
    return admin_page(request, "holds/page", context)
