"""API tokens: users make their own, see them once and revoke them. Superusers revoke all."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html

from jobs import access
from jobs.admin import once, signed_out
from jobs.admin.display import times
from jobs.admin.display.columns import EMPTY
from jobs.admin.guard import guarded
from jobs.admin.pages import admin_page
from jobs.admin.requester.views import token_page
from jobs.filters import parse_uuid
from jobs.models import ApiToken
from jobs.safe_text import isolated, name_error


class TokenForm(forms.Form):
    """The name of a new token, and how long it is valid."""

    name = forms.CharField(
        max_length=100, help_text="What will use it, such as “warehouse import”."
    )
    days = forms.IntegerField(
        label="Expires after days",
        initial=365,
        min_value=1,
        max_value=3650,
        help_text="At most ten years.",
    )

    def clean_name(self) -> str:
        """Refuse invisible names, as for jobs."""
        name = str(self.cleaned_data["name"])
        if error := name_error(name):
            raise forms.ValidationError(error)
        return name


@admin.register(ApiToken)
class TokenAdmin(admin.ModelAdmin):
    """Tokens cannot be changed, since only their digests are stored; they are revoked."""

    list_display = ("called", "owner", "begins_with", "made", "expires", "last_used")
    list_display_links = None
    list_select_related = ("user",)
    sortable_by = ()
    ordering = ("-created",)
    actions = None

    @admin.display(description="name")
    def called(self, token):
        url = reverse("admin:jobs_apitoken_requests", args=[token.public_id])
        return format_html('<a href="{}">{}</a>', url, token)

    @admin.display(description="acts as")
    def owner(self, token):
        url = reverse("admin:auth_user_requests", args=[token.user_id])
        return format_html('<a href="{}">{}</a>', url, isolated(token.user.get_username()))

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

    def get_queryset(self, request):
        tokens = super().get_queryset(request)
        return tokens if request.user.is_superuser else tokens.filter(user=request.user)

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
        return own + super().get_urls()

    def _may_see_requests(self, request):
        return access.may_see_some(request.user) or self.has_view_permission(request)

    def requests_view(self, request, token_id):
        """The token's page, with what it requested."""

        def may_revoke(token):
            may_see = self.get_queryset(request).filter(pk=token.pk).exists()
            return may_see and self.has_delete_permission(request, token)

        return token_page(request, token_id, may_revoke)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Redirect to the token's page: there is nothing to change."""
        if request.method != "GET" or not self.has_view_permission(request):
            raise PermissionDenied
        token = self.get_object(request, unquote(object_id))
        if token is None:
            return super().change_view(request, object_id, form_url, extra_context)
        return HttpResponseRedirect(reverse("admin:jobs_apitoken_requests", args=[token.public_id]))

    def add_view(self, request, form_url="", extra_context=None):
        """The form of a new token. Only the response to its POST shows the token."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        kept = signed_out.take_kept_form(request)
        form = TokenForm(request.POST if request.method == "POST" else kept and kept.entries)
        context = {"opts": self.opts, "title": "Make an API token", "form": form}
        if request.method == "POST":
            context["once"] = once.key_of_form(request)
            if form.is_valid():
                context |= self._make_token(request, form.cleaned_data)
        response = admin_page(request, "apitoken/add_form", context)
        response["Cache-Control"] = "no-store"
        return response

    def _make_token(self, request: HttpRequest, entries: dict[str, Any]) -> dict[str, Any]:
        """Make a token and return it for the page; the earlier one if the form was sent before.

        The earlier token cannot be shown again, since only its digest is stored.
        """
        key = once.form_idempotency_key(request)
        expiry = timedelta(days=entries["days"])
        try:
            with transaction.atomic():
                made, token = ApiToken.objects.create(
                    request.user, expiry=expiry, name=entries["name"], form_key=key
                )
                self.log_addition(request, made, "Made.")
        except IntegrityError:
            made = ApiToken.objects.filter(user=request.user, form_key=key).first()
            if key is None or made is None:
                raise
            return {"title": "This token was made before", "made": made}
        return {"title": "Your new token", "made": made, "token": token}
