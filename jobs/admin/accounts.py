"""Accounts and groups: Django's pages, limited to the rights that the user has."""

import json

from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpResponseRedirect
from django.urls import path, reverse
from django.utils.html import format_html

from jobs import access
from jobs.admin.account_rights import (
    grantable_groups,
    may_manage_account,
    may_manage_group,
    permissions_of,
)
from jobs.admin.display import times
from jobs.admin.display.columns import EMPTY
from jobs.admin.guard import guarded
from jobs.admin.passwords import SetPasswordForm, revocation
from jobs.admin.requester.views import user_page
from jobs.admin.within_rights import WithinOwnRights
from jobs.models import ApiToken, Job
from jobs.safe_text import isolated

# Deleting an account updates each of its jobs: 7 s for 40,000; the web's statement timeout is 15 s.
DELETABLE_JOBS_LIMIT = 10_000

DATES = ("signed_in", "joined")  # the site writes them
admin.site.unregister(User)
admin.site.unregister(Group)


def _have_many_jobs(accounts):
    jobs = Job.objects.filter(created_by__in=[one.pk for one in accounts]).order_by()
    return jobs[: DELETABLE_JOBS_LIMIT + 1].count() > DELETABLE_JOBS_LIMIT


@admin.register(User)
class AccountAdmin(WithinOwnRights, UserAdmin):
    """Django's page of an account. Only superusers change their own rights or make superusers."""

    list_display = ("username", "full_name", "role", "signed_in", "is_active", "requests")
    list_filter = ("is_active", "is_superuser", "groups")
    show_facets = admin.ShowFacets.NEVER  # facets count every row
    filter_horizontal = ()
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Rights", {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        ("Single rights", {"classes": ("collapse",), "fields": ("user_permissions",)}),
        ("Dates", {"fields": DATES}),
    )
    read_only_message = "You cannot change this account: it has rights that you do not have."
    grantable = {"user_permissions": permissions_of, "groups": grantable_groups}
    change_password_form = SetPasswordForm

    @admin.display(description="name")
    def full_name(self, account):
        return isolated(account.get_full_name()) or EMPTY

    @admin.display(description="role")
    def role(self, account):
        if account.is_superuser:
            return "Superuser"
        return ", ".join(isolated(group.name) for group in account.groups.all()) or EMPTY

    @admin.display(description="last signed in", ordering="last_login")
    def signed_in(self, account):
        return times.relative_time(account.last_login) if account.last_login else "never"

    @admin.display(description="joined")
    def joined(self, account):
        return times.exact_time(account.date_joined)

    @admin.display(description="requests")
    def requests(self, account):
        url = reverse("admin:auth_user_requests", args=[account.pk])
        return format_html('<a href="{}">Jobs and tokens</a>', url)

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def get_urls(self):
        page = guarded(user_page, self._may_see_requests, "GET")
        return [
            path("<int:user_id>/requests/", page, name="auth_user_requests"),
            *super().get_urls(),
        ]

    def _may_see_requests(self, request):
        return access.may_see_some(request.user)

    def may_manage(self, user, obj):
        return may_manage_account(user, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and obj != request.user

    def lookup_allowed(self, lookup, value, request):
        """Django's, without API tokens: filters would reveal digests character by character."""
        return not lookup.startswith("auth_token_set") and super().lookup_allowed(
            lookup, value, request
        )

    def get_fieldsets(self, request, obj=None):
        """Django's; without the button that sets a password if the page is read-only."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(None, {"fields": ("username",)}), *fieldsets[1:]]

    def get_readonly_fields(self, request, obj=None):
        if request.user.is_superuser:
            return DATES
        own = ("is_active", "is_staff", "groups", "user_permissions") if obj == request.user else ()
        return (*DATES, "is_superuser", *own)

    def construct_change_message(self, request, form, formsets, add=False):
        """Django's, with the old and new name of a renamed account and the revoked tokens."""
        message = super().construct_change_message(request, form, formsets, add)
        also = [getattr(form, "revocation", "")]
        if not add and "username" in form.changed_data:
            also.append(
                f"Renamed from “{form.initial['username']}” to “{form.cleaned_data['username']}”."
            )
        changes = LogEntry(change_message=json.dumps(message)).get_change_message()
        return " ".join([changes, *filter(None, also)]) if any(also) else message

    def get_deleted_objects(self, objs, request):
        """The accounts and the number of their tokens; jobs and audit trail stay.

        Accounts with too many jobs together are returned as protected, so Django deletes none.
        """
        tokens = ApiToken.objects.filter(user__in=objs).count()
        counts = {self.opts.verbose_name_plural: len(objs)} | (
            {"API tokens": tokens} if tokens else {}
        )
        lacking = {
            self.opts.verbose_name for one in objs if not self.has_delete_permission(request, one)
        }
        names = [str(one) for one in objs]
        return names, counts, lacking, names if _have_many_jobs(objs) else []

    def log_deletions(self, request, queryset):
        """Django's entry for each account, with the tokens that are deleted with it."""
        for account in queryset:
            tokens = list(account.auth_token_set.values_list("name", flat=True))
            message = f"Deleted. {revocation(tokens)}".strip()
            LogEntry.objects.log_actions(request.user.pk, [account], DELETION, message)

    def user_change_password(self, request, id, form_url=""):
        """Django's page; users change their own password on the page that asks for the old one."""
        is_own = self.get_object(request, unquote(id)) == request.user
        if is_own and request.user.has_usable_password():
            return HttpResponseRedirect(reverse("admin:password_change"))
        return super().user_change_password(request, id, form_url)


@admin.register(Group)
class RightsGroupAdmin(WithinOwnRights, GroupAdmin):
    """Django's page of a group. Only superusers can change a group of which they are members."""

    read_only_message = (
        "You cannot change this group: you are a member, or it has rights that you do not have."
    )
    grantable = {"permissions": permissions_of}
    filter_horizontal = ()

    def may_manage(self, user, obj):
        return may_manage_group(user, obj)
