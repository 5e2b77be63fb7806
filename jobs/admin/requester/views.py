"""The pages of a user and of an API token.

Users who may see all jobs see all of these pages, others only their own.
"""

from typing import Any
from uuid import UUID

from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse

from jobs import access
from jobs.admin.account_rights import may_make_tokens_of_others, may_manage_account
from jobs.admin.display.accounts import form_of_account
from jobs.admin.pages import admin_page
from jobs.admin.requester.figures import Today, list_url, newest_jobs, refused_rows
from jobs.filters import Creators, Owners, Tokens
from jobs.models import (
    ApiToken,
    JobQuerySet,
    TokenRefusal,
    account_key,
    account_name,
    account_permission,
)
from jobs.safe_text import isolated

TOKEN_ROWS = 20


def may_see_page_of(user: Any, user_id: Any) -> bool:
    """Whether `user` may see what the account of this id requested."""
    return access.may_see_some(user) and (user.pk == user_id or access.sees_all_jobs(user))


def user_page(request: HttpRequest, user_id: str) -> HttpResponse:
    """The jobs of a user, and the user's tokens for readers who may see accounts."""
    key = account_key(unquote(user_id))
    if key is None or not may_see_page_of(request.user, key):
        raise Http404("No such user.")
    shown = get_user_model()._default_manager.filter(pk=key).first()
    if shown is None:
        raise Http404("No such user.")
    is_own = shown.pk == request.user.pk
    may_see_account = request.user.has_perm(account_permission("view"))
    context = {
        "title": isolated(account_name(shown)),
        "shown": shown,
        "account_url": form_of_account(shown.pk) if may_see_account else "",
        "is_own": is_own,
        "may_see_account": may_see_account,
        "may_make_token": _may_make_token(request.user, shown),
        "may_launch": is_own and access.may_launch_some(request.user),
        "has_tokens_panel": is_own or may_see_account,
        "tokens": _newest_tokens(shown) if is_own or may_see_account else [],
        "refused": refused_rows(TokenRefusal.objects.filter(token__user=shown)),
    }
    jobs = access.visible_jobs(request.user).filter(created_by=shown)
    filters = {"created_by": account_name(shown)}
    return _requester_page(request, jobs, filters, context, Creators(shown.pk))


def token_page(
    request: HttpRequest, token_id: UUID, *, may_see: Any, may_revoke: Any
) -> HttpResponse:
    """The jobs of an API token, also of a revoked one: its jobs keep its name.

    Users whom `may_see` allows to see the token see the jobs that they may view.
    """
    tokens = Tokens((token_id,))
    jobs = access.visible_jobs(request.user).filter(tokens.condition)
    token = ApiToken.objects.select_related("user").filter(public_id=token_id).first()
    if token is None:
        newest = newest_jobs(jobs, tokens)
        if not newest:
            raise Http404("No such token.")
        title, owner = isolated(newest[0].token_name), newest[0].created_by
    else:
        if not may_see_page_of(request.user, token.user_id) and not may_see(token):
            raise Http404("No such token.")
        title, owner = str(token), token.user
    context = {
        "title": title,
        "token": token,
        "token_id": token_id,
        "owner": owner,
        "may_see_owner": owner is not None and may_see_page_of(request.user, owner.pk),
        "is_token_page": True,
        "may_revoke": token is not None and may_revoke(token),
        "refused": refused_rows(TokenRefusal.objects.filter(token_id=token_id)),
    }
    return _requester_page(request, jobs, {"token": str(token_id)}, context, tokens)


def _requester_page(
    request: HttpRequest,
    jobs: JobQuerySet,
    filters: dict[str, str],
    context: dict[str, Any],
    owners: Owners,
) -> HttpResponse:
    figures = {
        "today": Today.of(jobs, filters, owners),
        "newest": newest_jobs(jobs, owners),
        "all_jobs_url": list_url(filters),
        "may_see_jobs": access.may_see_some(request.user),
    }
    return admin_page(request, "requester/page", figures | context)


def _newest_tokens(user: Any) -> list[ApiToken]:
    return list(ApiToken.objects.filter(user=user).order_by("-created")[:TOKEN_ROWS])


def _may_make_token(user: Any, shown: Any) -> bool:
    if user.pk == shown.pk:
        return bool(user.has_perm("jobs.add_apitoken"))
    may_for_others = shown.is_active and may_make_tokens_of_others(user)
    return may_for_others and may_manage_account(user, shown)
