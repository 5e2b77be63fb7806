"""API tokens: they are made, shown once and revoked.

Users do so for themselves; users who may manage accounts also for those within their own rights.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html

from jobs import access
from jobs.admin import once, signed_out
from jobs.admin.account_rights import manageable_accounts
from jobs.admin.display import times
from jobs.admin.display.accounts import address_of_account
from jobs.admin.display.columns import EMPTY
from jobs.admin.guard import guarded, in_autocommit
from jobs.admin.pages import admin_page
from jobs.admin.paginator import CappedListMixin
from jobs.admin.requester.views import may_see_page_of, token_page
from jobs.admin.token_form import TokenForm
from jobs.admin_site import admin_url
from jobs.filters import parse_uuid
from jobs.models import ApiToken, account_name, account_permission
from jobs.safe_text import isolated


class TokenAdmin(CappedListMixin, admin.ModelAdmin):
    """Tokens cannot be changed, since only their digests are stored; they are revoked."""

    list_display_links = None
    list_select_related = ("user",)
    sortable_by = ()
    ordering = ("-created",)
    actions = None
    empty_text = "No tokens yet. Programs need one to call the API."
    add_text = "Make token"

    @admin.display(description="name")
    def called(self, token):
        url = admin_url("jobs_apitoken_requests", token.public_id)
        return format_html('<a href="{}">{}</a>', url, token)

    @admin.display(description="begins with")
    def begins_with(self, token):
        return format_html("<code>{}…</code>", token.token_key)

    @admin.display(description="made")
    def made(self, token):
        return times.relative_time(token.created)

    @admin.display(description="expires")
    def expires(self, token):
        return times.exact_time(token.expiry) if token.expiry else EMPTY

    @admin.display(description="last used")
    def last_used(self, token):
        return times.relative_time(token.last_used_at) if token.last_used_at else EMPTY

    def get_list_display(self, request):
        """The columns; accounts are links for readers who may see the pages of these."""

        @admin.display(description="acts as")
        def owner(token):
            name = isolated(account_name(token.user))
            if not may_see_page_of(request.user, token.user_id):
                return name
            return format_html('<a href="{}">{}</a>', address_of_account(token.user_id), name)

        return ("called", owner, "begins_with", "made", "expires", "last_used")

    def get_queryset(self, request):
        tokens, user = super().get_queryset(request), request.user
        if user.is_superuser:
            return tokens
        seen = Q(user=user)
        if user.has_perm(account_permission("change")):
            seen |= Q(user__in=manageable_accounts(user))
        return tokens.filter(seen)

    def get_object(self, request, object_id, from_field=None):
        """Return the token of a public id or a digest; None if the user's list lacks it."""
        token_id = parse_uuid(object_id)
        if token_id is None:
            return super().get_object(request, object_id, from_field)
        return self.get_queryset(request).filter(public_id=token_id).first()

    def has_change_permission(self, request, obj=None):
        return False

    def get_urls(self):
        page = guarded(self.requests_view, self._may_see_requests, "GET")
        own = [path("<uuid:token_id>/requests/", page, name="jobs_apitoken_requests")]
        return in_autocommit(own + super().get_urls())

    def _may_see_requests(self, request):
        return access.may_see_some(request.user) or self.has_view_permission(request)

    def requests_view(self, request, token_id):
        """The token's page, with what it requested."""

        def may_see(token):
            return self.get_queryset(request).filter(pk=token.pk).exists()

        def may_revoke(token):
            return may_see(token) and self.has_delete_permission(request, token)

        return token_page(request, token_id, may_see=may_see, may_revoke=may_revoke)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Redirect to the token's page: there is nothing to change."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        token = self.get_object(request, unquote(object_id))
        if token is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return HttpResponseRedirect(admin_url("jobs_apitoken_requests", token.public_id))

    def add_view(self, request, form_url="", extra_context=None):
        """The form of a new token. Only the response to its POST shows the token."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        kept = signed_out.take_kept_form(request)
        entries = request.POST if request.method == "POST" else kept and kept.entries
        form = TokenForm(request.user, entries, request.GET.get("account", ""))
        context = {"opts": self.opts, "title": "Make an API token", "form": form}
        if request.method == "POST":
            context["once"] = once.key_of_form(request)
            context |= self._answer_of(request, form)
        response = admin_page(request, "apitoken/add_form", context)
        response["Cache-Control"] = "no-store"
        return response

    def _answer_of(self, request: HttpRequest, form: TokenForm) -> dict[str, Any]:
        """Make a token and return it for the page; the earlier one if the form was sent before.

        The earlier token cannot be shown again, since only its digest is stored.
        """
        key = once.form_idempotency_key(request)
        # Asked first: the account that the form made exists by now, which is an error in the form.
        if not (made := _made_by_form(key)) and form.is_valid():
            try:
                with transaction.atomic():
                    is_new = form.cleaned_data["acts_as"].pk is None
                    row, token = form.save(key)
                    self._log_made(request, row, is_new)
                return {"title": "Your new token", "made": row, "token": token}
            except IntegrityError:
                made = _made_by_form(key)
                if made is None:
                    form.add_error(None, "An account of this name was made just now. Try again.")
        return {"title": "This token was made before", "made": made} if made else {}

    def _log_made(self, request: HttpRequest, token: ApiToken, account_is_new: bool) -> None:
        """Log the token, and at another account that it acts as this account."""
        account = token.user
        if account == request.user:
            self.log_addition(request, token, "Made.")
            return
        self.log_addition(request, token, f"Made for {account_name(account)}.")
        message = f"Made the API token “{token}”, which acts as this account."
        flag = CHANGE
        if account_is_new:
            groups = ", ".join(account.groups.values_list("name", flat=True)) or "none"
            message = f"Added a service account without a password; groups: {groups}. {message}"
            flag = ADDITION
        LogEntry.objects.log_actions(request.user.pk, [account], flag, message)


def _made_by_form(key: str | None) -> ApiToken | None:
    """The token that this form made when it was sent before."""
    return ApiToken.objects.filter(form_key=key).first() if key else None
