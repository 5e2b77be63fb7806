"""Accounts and groups: Django's pages, limited to the rights that the user has."""

import json

from django.contrib import admin
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.utils.html import format_html

from jobs import access
from jobs.admin import account_fields
from jobs.admin.account_fields import RIGHTS, SEARCHED, SINGLE_RIGHTS
from jobs.admin.account_rights import (
    grantable_groups,
    may_manage_account,
    may_manage_group,
    permissions_of,
    refusal_to_add,
)
from jobs.admin.display import times
from jobs.admin.display.accounts import address_of_account
from jobs.admin.display.columns import EMPTY
from jobs.admin.passwords import SetPasswordForm, revocation
from jobs.admin.within_rights import WithinOwnRights
from jobs.admin_site import admin_url
from jobs.models import ApiToken, Job, account_name_field
from jobs.safe_text import isolated

# Deleting an account updates each of its jobs: 7 s for 40,000; the web's statement timeout is 15 s.
DELETABLE_JOBS_LIMIT = 10_000


def _have_many_jobs(accounts):
    jobs = Job.objects.filter(created_by__in=[one.pk for one in accounts]).order_by()
    return jobs[: DELETABLE_JOBS_LIMIT + 1].count() > DELETABLE_JOBS_LIMIT


class AccountAdmin(WithinOwnRights, UserAdmin):
    """Django's page of an account. Only superusers change their own rights or make superusers.

    It shows those of its fields that the site's user model has. Fields that only that model has are
    read-only for others than superusers: its `has_perm` may read them. A site that offers them to
    user managers registers a subclass in its own admin.py.
    """

    show_facets = admin.ShowFacets.NEVER  # facets count every row
    filter_horizontal = ()
    list_per_page = 50
    change_form_template = "admin/auth/user/change_form.html"
    delete_confirmation_template = "admin/auth/user/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/auth/user/delete_selected_confirmation.html"
    read_only_message = "You cannot change this account: it has rights that you do not have."
    grantable = {"user_permissions": permissions_of, "groups": grantable_groups}
    change_password_form = SetPasswordForm

    def __init__(self, model, admin_site):
        self.ordering = (account_name_field().name,)
        self.search_fields = (account_name_field().name, *account_fields.present(model, SEARCHED))
        self.list_display = account_fields.columns(model)
        self.list_filter = account_fields.present(model, ("is_active", "is_superuser", "groups"))
        self.fieldsets = account_fields.fieldsets(model)
        self.add_fieldsets = ((None, {"fields": account_fields.fields_of_new(model)}),)
        super().__init__(model, admin_site)

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
        url = address_of_account(account.pk)
        return format_html('<a href="{}">Jobs and tokens</a>', url)

    def get_list_display(self, request):
        """The columns; that of links to jobs only for readers who may see all jobs."""
        shown = super().get_list_display(request)
        sees_all = access.sees_all_jobs(request.user)
        return [one for one in shown if one != "requests" or sees_all]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("groups")

    def may_manage(self, user, obj):
        return may_manage_account(user, obj)

    def has_add_permission(self, request):
        may_add = super().has_add_permission(request)
        return may_add and not refusal_to_add(request.user, self.model)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and obj != request.user

    def lookup_allowed(self, lookup, value, request):
        """Django's, without API tokens: filters would reveal digests character by character."""
        return not lookup.startswith("jobs_api_tokens") and super().lookup_allowed(
            lookup, value, request
        )

    def get_fieldsets(self, request, obj=None):
        """Django's; without the button that sets a password if the page is read-only."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [(None, {"fields": (account_name_field().name,)}), *fieldsets[1:]]

    def get_readonly_fields(self, request, obj=None):
        dates = account_fields.dates(self.model)
        if request.user.is_superuser:
            return dates
        own = (*RIGHTS, SINGLE_RIGHTS) if obj == request.user else ("is_superuser",)
        of_site = account_fields.fields_of_site(self.model)
        return (*dates, *account_fields.present(self.model, own), *of_site)

    def construct_change_message(self, request, form, formsets, add=False):
        """Django's, with the old and new name of a renamed account and the revoked tokens."""
        message = super().construct_change_message(request, form, formsets, add)
        also = [getattr(form, "revocation", "")]
        name = account_name_field().name
        if not add and name in form.changed_data:
            also.append(f"Renamed from “{form.initial[name]}” to “{form.cleaned_data[name]}”.")
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
            tokens = list(account.jobs_api_tokens.values_list("name", flat=True))
            message = f"Deleted. {revocation(tokens)}".strip()
            LogEntry.objects.log_actions(request.user.pk, [account], DELETION, message)

    def add_view(self, request, form_url="", extra_context=None):
        """Django's page; says why a user who may add accounts cannot do so here."""
        if refusal := refusal_to_add(request.user, self.model):
            raise PermissionDenied(refusal)
        return super().add_view(request, form_url, extra_context)

    def user_change_password(self, request, id, form_url=""):
        """Django's page; users change their own password on the page that asks for the old one."""
        is_own = self.get_object(request, unquote(id)) == request.user
        if is_own and request.user.has_usable_password():
            return HttpResponseRedirect(admin_url("password_change"))
        return super().user_change_password(request, id, form_url)


class RightsGroupAdmin(WithinOwnRights, GroupAdmin):
    """Django's page of a group. Only superusers can change a group of which they are members."""

    read_only_message = (
        "You cannot change this group: you are a member, or it has rights that you do not have."
    )
    grantable = {"permissions": permissions_of}
    filter_horizontal = ()

    def may_manage(self, user, obj):
        return may_manage_group(user, obj)


def _is_stock(page: admin.ModelAdmin) -> bool:
    """Return whether a page is Django's own; the admin site adds base classes of its own."""
    stock = ("django.", "backoffice.", "builtins")
    return all(one.__module__.startswith(stock) for one in type(page).__mro__)


def register_account_pages() -> None:
    """Register both pages, in place of Django's; those of the site's own apps stay."""
    for model, page in ((get_user_model(), AccountAdmin), (Group, RightsGroupAdmin)):
        if admin.site.is_registered(model):
            if not _is_stock(admin.site.get_model_admin(model)):
                continue
            admin.site.unregister(model)
        admin.site.register(model, page)
