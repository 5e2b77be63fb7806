"""The lists of django-axes in plain words: failed sign-ins, which lock accounts, and sign-ins."""

from contextlib import suppress
from ipaddress import ip_address

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.actions import delete_selected
from django.db.models import Q
from django.utils.html import format_html

from jobs.admin.display import times
from jobs.admin.display.columns import EMPTY
from jobs.admin.read_only import ReadOnlyAdmin
from jobs.durations import limit_duration
from jobs.safe_text import isolated

# The package's own pages show addresses, forms and headers in columns for programmers, and filter
# by dates, for which they read every row.
for _model in (AccessAttempt, AccessFailureLog, AccessLog):
    admin.site.unregister(_model)


class SignInAdmin(ReadOnlyAdmin):
    """A list of sign-ins, newest first."""

    list_display = ("who", "address", "when", "browser")
    fields = readonly_fields = list_display
    search_fields = ("username", "ip_address")
    search_help_text = "The complete name of an account, or the complete address."
    sortable_by = ()
    ordering = ("-id",)

    @admin.display(description="user name")
    def who(self, one):
        return isolated(one.username or "") or EMPTY

    @admin.display(description="address")
    def address(self, one):
        return one.ip_address or EMPTY

    @admin.display(description="when")
    def when(self, one):
        return times.relative_time(one.attempt_time)

    @admin.display(description="browser")
    def browser(self, one):
        return format_html('<span class="below">{}</span>', isolated(one.user_agent))

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        matches = Q(username=term)
        with suppress(ValueError):
            matches |= Q(ip_address=str(ip_address(term)))
        return (queryset.filter(matches) if term else queryset), False


@admin.register(AccessAttempt)
class FailedSignInAdmin(SignInAdmin):
    """Wrong passwords since the last sign-in. Deleting an entry lets its user try again."""

    list_title = "Failed sign-ins"
    empty_text = "No wrong password since the last sign-in of each account."
    list_display = ("who", "address", "failures", "when", "browser")
    fields = readonly_fields = list_display
    actions = ("delete_selected",)

    @admin.action(description="Let them try again: delete the entries", permissions=["delete"])
    def delete_selected(self, request, queryset):
        return delete_selected(self, request, queryset)

    @admin.display(description="wrong passwords")
    def failures(self, attempt):
        count = attempt.failures_since_start
        if count < settings.AXES_FAILURE_LIMIT:
            return count
        return format_html(
            '{} <span class="badge" data-status="FAILED">Locked</span>'
            '<span class="below">for {} after the last one</span>',
            count,
            limit_duration(settings.AXES_COOLOFF_TIME.total_seconds()),
        )

    def has_delete_permission(self, request, obj=None):
        return request.user.has_perm("axes.delete_accessattempt")


@admin.register(AccessLog)
class PastSignInAdmin(SignInAdmin):
    """When accounts signed in and out."""

    list_title = "Sign-ins"
    empty_text = "No sign-ins yet."
    list_display = ("who", "address", "when", "signed_out", "browser")
    fields = readonly_fields = list_display

    @admin.display(description="signed out")
    def signed_out(self, one):
        return times.relative_time(one.logout_time) if one.logout_time else EMPTY


@admin.register(AccessFailureLog)
class LoggedFailureAdmin(SignInAdmin):
    """Each failed sign-in, if the site keeps this log."""

    list_title = "Log of failed sign-ins"
    empty_text = "Nothing is logged. “Failed sign-ins” has the latest wrong passwords."
