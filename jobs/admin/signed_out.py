"""Forms sent after their user was signed out: they do nothing, and are shown again after sign-in.

They are shown filled in. The entries are kept in the session, without secrets, and only for a form
that this site gave to an account: the once-only key in the form is signed and names the account. No
other account that signs in sees them.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from jobs import parameters, registry
from jobs.admin import once
from jobs.admin_site import admin_url
from jobs.services import ACTIONS

SESSION_KEY = "kept_form"
# URLs below a job's page that are not pages: they take a POST, or return a file or JSON.
POST_ONLY = [action.name for action in ACTIONS if not action.asks_first]
BELOW_JOB_PAGE = tuple(f"jobs_job_{name}" for name in (*POST_ONLY, "file", "upload", "log", "live"))
PAGES_OF_REFRESHES = {
    "live_home": "index",
    "jobs_job_live_cells": "jobs_job_changelist",
}
# Buttons of a page, which have no page of their own.
PAGES_OF_BUTTONS = dict.fromkeys(
    (
        "jobs_job_hold_release",
        "jobs_job_limit_remove",
        "jobs_job_worker_drain",
        "jobs_job_worker_resume",
    ),
    "jobs_job_holds",
)
# Scripts send these POSTs while a form is filled in, and handle the redirect themselves.
SENT_BY_SCRIPTS = ("jobs_job_launch_call",)
NEVER_KEPT = ("csrfmiddlewaretoken", once.FIELD, "confirmed")


@dataclass(frozen=True)
class KeptForm:
    """The entries of a form, and the name of the URL to which it was sent."""

    entries: QueryDict
    sent_to: str


def sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the login page, and then to the page that sent the request; keep its form."""
    if is_form(request):
        return _keep_and_sign_in(request)
    return redirect_to_login(page_of(request), admin_url("login"))


def _keep_and_sign_in(request: HttpRequest) -> HttpResponse:
    _keep(request)
    reason = (
        "You may no longer use the admin"
        if request.user.is_authenticated
        else "You were signed out"
    )
    messages.warning(request, f"{reason}, so nothing was done. Sign in to continue.")
    return redirect_to_login(page_of(request), admin_url("login"))


def refuse_old_page(request: HttpRequest) -> HttpResponse | None:
    """Answer a form that fails the CSRF check because its page is older than the sign-in.

    Nothing is done. The page is shown again, filled in if the same account is signed in. None for a
    form that is not ours.
    """
    if request.path == admin_url("login") and request.user.is_authenticated:
        target = request.POST.get(REDIRECT_FIELD_NAME) or admin_url("index")
        return HttpResponseRedirect(f"{request.path}?{urlencode({REDIRECT_FIELD_NAME: target})}")
    account = _account_of_form(request)
    if account is None or not is_form(request):
        return None
    if not request.user.is_authenticated:
        return _keep_and_sign_in(request)
    if account == str(request.user.pk):
        _keep(request)
        reason = "You signed in again after this page was opened, so nothing was done."
    else:
        name = request.user.get_username()
        reason = f"Another account opened that page, so nothing was done. You are {name}."
    messages.warning(request, reason)
    return HttpResponseRedirect(page_of(request))


def is_form(request: HttpRequest) -> bool:
    """Whether the request sends a form that a page can show again."""
    match = request.resolver_match
    return (
        request.method == "POST"
        and match is not None
        and match.url_name not in (*SENT_BY_SCRIPTS, "logout")
    )


def take_kept_form(request: HttpRequest) -> KeptForm | None:
    """Remove and return the form kept for this page, if this account filled it in."""
    kept = request.session.get(SESSION_KEY)
    if request.method != "GET" or not kept or kept["page"] != request.get_full_path():
        return None
    del request.session[SESSION_KEY]
    if kept["account"] != str(request.user.pk):
        return None
    entries = QueryDict(mutable=True)
    for name, values in kept["entries"].items():
        entries.setlist(name, values)
    return KeptForm(entries, kept["sent_to"])


def page_of(request: HttpRequest) -> str:
    """Return the address of the page that sent the request: its own, unless that is not a page."""
    match = request.resolver_match
    pages = PAGES_OF_REFRESHES | PAGES_OF_BUTTONS
    if match and match.url_name in pages:
        return admin_url(pages[match.url_name])
    if match and match.url_name in BELOW_JOB_PAGE:
        return admin_url("jobs_job_change", match.kwargs["job_id"])
    return request.get_full_path()


def _keep(request: HttpRequest) -> None:
    account, match = _account_of_form(request), request.resolver_match
    if account is None or match is None:
        return
    secrets = _secret_fields(match.kwargs.get("slug"))
    entries = {
        name: values
        for name, values in request.POST.lists()
        if name not in NEVER_KEPT and name.removeprefix("params-") not in secrets
    }
    request.session[SESSION_KEY] = {
        "account": account,
        "page": page_of(request),
        "sent_to": match.url_name,
        "entries": entries,
    }


def _secret_fields(slug: str | None) -> set[str]:
    """Return the fields of a type's form that must not be kept: secrets and password inputs."""
    job_type = registry.find(slug or "")
    if job_type is None:
        return set()
    passwords = [
        name
        for name, field in parameters.make_form(job_type).fields.items()
        if isinstance(field.widget, forms.PasswordInput)
    ]
    return {*job_type.secret_fields, *passwords}


def _account_of_form(request: HttpRequest) -> str | None:
    """The id of the account to which this site gave the form; None for other forms."""
    key = request.POST.get(once.FIELD, "").partition(once.RENEWED)[0]
    try:
        signed = once.key_signer().unsign(key)
    except BadSignature:
        return None
    return signed.partition("-")[0]
