"""What a 403 says: the right that the user lacks, and who can give it."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.http import HttpRequest

from jobs.admin.guard import MissingRight
from jobs.models import account_name, active_accounts, has_user_field
from jobs.safe_text import isolated
from jobs.services import ACTIONS

ADMINISTRATORS_LIMIT = 3
# By the last part of a URL's name: the verb of the right that the page needs.
VERBS = {
    "changelist": "view",
    "change": "view",
    "history": "view",
    "requests": "view",
    "add": "add",
    "delete": "delete",
    "password_change": "change",
    "delete_selected": "delete",
    # jobs.cancel_job allows acknowledging too, jobs.add_job launching again.
    "cancel": "cancel",
    "acknowledge": "cancel",
    "rerun": "add",
    "launch": "add",
}


@dataclass(frozen=True)
class Refusal:
    """What the page of a 403 says; `whom_to_ask` is "" for visitors who are not staff."""

    text: str
    whom_to_ask: str = ""


def refusal_of(request: HttpRequest, error: Exception) -> Refusal:
    """Explain a PermissionDenied by its own sentence, or by the right that the page needs."""
    user: Any = getattr(request, "user", None)
    if user is None or not user.is_staff:
        return Refusal("This page is for staff. Sign in with an account that may use it.")
    right = error.right if isinstance(error, MissingRight) else _right_of_page(request)
    if not right or user.has_perm(right):
        # The right is not what is missing: some pages refuse every account.
        return Refusal(str(error) or "You may not do this.")
    named = f"You need the right {_named(right)}."
    return Refusal(f"{error} {named}" if str(error) else named, _whom_to_ask())


def _right_of_page(request: HttpRequest) -> str:
    """The right that the page of the request needs; "" if its URL does not tell."""
    name = getattr(request.resolver_match, "url_name", None) or ""
    model = _model_of(name)
    if model is None:
        return ""
    page = name.removeprefix(_prefix(model))
    verb = VERBS.get(_action_of(request, page), "view")
    return f"{model._meta.app_label}.{verb}_{model._meta.model_name}"


def _action_of(request: HttpRequest, page: str) -> str:
    """What the request does on the page: a bulk action, a change, or the page's name."""
    if page.startswith("launch"):
        return "launch"
    if request.method != "POST":
        return page
    if page == "change":
        return "password_change"
    bulk = {"delete_selected", *(action.name for action in ACTIONS)}
    given = request.POST.get("action", "")
    return given if page == "changelist" and given in bulk else page


def _model_of(name: str) -> type[Model] | None:
    models = admin.site._registry
    return next((model for model in models if name.startswith(_prefix(model))), None)


def _prefix(model: type[Model]) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}_"


def _named(right: str) -> str:
    """The right as the pages of users and groups name it, with its code."""
    app, codename = right.split(".", 1)
    found = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    return f"“{found.name}” ({right})" if found else f"“{right}”"


def _full_name(user: Any) -> str:
    return str(user.get_full_name()) if hasattr(user, "get_full_name") else ""


def _whom_to_ask() -> str:
    """Name administrators, those first who signed in last."""
    latest_first = ["-last_login"] if has_user_field("last_login") else []
    superusers = get_user_model()._default_manager.filter(is_superuser=True)
    users = active_accounts(superusers).order_by(*latest_first, "pk")
    names = [
        isolated(_full_name(user) or account_name(user)) for user in users[:ADMINISTRATORS_LIMIT]
    ]
    asked = f": {', '.join(names)}" if names else ""
    return f"An administrator of this site can give it to you{asked}."
