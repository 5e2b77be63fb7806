"""Forms sent after their user was signed out: nothing is done, and the form comes back filled in after sign-in.

What was typed waits in the session, without secrets, and only for a form that this site gave to a
user: the once-only key in the form is signed and names the account. Another account that signs in
never sees it.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from jobs import registry
from jobs.admin import once

KEPT = "kept_form"
# Addresses below the page of a job that are not pages: they only take a POST, or return a file.
OF_JOB_PAGE = tuple(
    f"jobs_job_{name}" for name in ("cancel", "rerun", "acknowledge", "file", "log", "live")
)
# Sent by scripts while a form is filled in. They see the redirect themselves.
OF_SCRIPTS = ("jobs_job_launch_call",)
NEVER_KEPT = ("csrfmiddlewaretoken", once.FIELD, "confirmed")


@dataclass(frozen=True)
class Kept:
    """What was typed into a form, and the name of the address that it was sent to."""

    entries: QueryDict
    sent_to: str


def sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the login page, and after it to the page that sent the request; keeps the form that was sent."""
    if is_form(request):
        return _refuse(request)
    return redirect_to_login(page_of(request), reverse("admin:login"))


def _refuse(request: HttpRequest) -> HttpResponse:
    _keep(request)
    why = (
        "You may not use the admin any more"
        if request.user.is_authenticated
        else "You were signed out"
    )
    messages.warning(request, f"{why}, so nothing was done. Sign in to go on where you were.")
    return redirect_to_login(page_of(request), reverse("admin:login"))


def refuse_old_page(request: HttpRequest) -> HttpResponse | None:
    """Answer a form that fails Django's CSRF check because its page is older than the sign-in; None if it is not ours.

    Nothing is done: the page is shown again, filled in if the same account is signed in.
    """
    if request.path == reverse("admin:login") and request.user.is_authenticated:
        there = request.POST.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
        return HttpResponseRedirect(f"{request.path}?{urlencode({REDIRECT_FIELD_NAME: there})}")
    owner = _owner(request)
    if owner is None or not is_form(request):
        return None
    if not request.user.is_authenticated:
        return _refuse(request)
    if owner == str(request.user.pk):
        _keep(request)
        messages.warning(
            request, "You signed in again since this page was opened, so nothing was done."
        )
    else:
        name = request.user.get_username()
        messages.warning(
            request, f"Another account opened that page, so nothing was done. You are {name}."
        )
    return HttpResponseRedirect(page_of(request))


def is_form(request: HttpRequest) -> bool:
    """Whether the request sends a form that a page can show again."""
    match = request.resolver_match
    return (
        request.method == "POST"
        and match is not None
        and match.url_name not in (*OF_SCRIPTS, "logout")
    )


def take(request: HttpRequest) -> Kept | None:
    """What was kept of the form on this page, if this account filled it in; given once."""
    found = request.session.get(KEPT)
    if request.method != "GET" or not found or found["page"] != request.get_full_path():
        return None
    del request.session[KEPT]
    if found["account"] != str(request.user.pk):
        return None
    entries = QueryDict(mutable=True)
    for name, values in found["entries"].items():
        entries.setlist(name, values)
    return Kept(entries, found["sent_to"])


def page_of(request: HttpRequest) -> str:
    """Return the address of the page that sent the request; some addresses are not pages themselves."""
    match = request.resolver_match
    if match and match.url_name == "jobs_job_live_cells":
        return reverse("admin:jobs_job_changelist")
    if match and match.url_name in OF_JOB_PAGE:
        return reverse("admin:jobs_job_change", args=[match.kwargs["job_id"]])
    return request.get_full_path()


def _keep(request: HttpRequest) -> None:
    account, match = _owner(request), request.resolver_match
    if account is None or match is None:
        return
    secret = _secrets(match.kwargs.get("slug"))
    entries = {
        name: values
        for name, values in request.POST.lists()
        if name not in NEVER_KEPT and name.removeprefix("params-") not in secret
    }
    request.session[KEPT] = {
        "account": account,
        "page": page_of(request),
        "sent_to": match.url_name,
        "entries": entries,
    }


def _secrets(slug: str | None) -> set[str]:
    """Return the fields of a type's form that must not be kept: secret fields and password inputs."""
    job_type = registry.find(slug or "")
    if job_type is None:
        return set()
    hidden = [
        name
        for name, field in job_type.form().fields.items()
        if isinstance(field.widget, forms.PasswordInput)
    ]
    return {*job_type.secret_fields, *hidden}


def _owner(request: HttpRequest) -> str | None:
    """The id of the account that was given the form; None if the site did not give it out."""
    try:
        signed = once.signer().unsign(request.POST.get(once.FIELD, "").partition(once.RENEWED)[0])
    except BadSignature:
        return None
    return signed.partition("-")[0]
