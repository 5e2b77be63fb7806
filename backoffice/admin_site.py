"""The admin site: its name, home page and header, and stricter versions of Django's pages."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.core.validators import MaxLengthValidator
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from backoffice import __version__
from backoffice.accounts import COUNTED_LIMIT, remember_browser
from jobs import access
from jobs.admin import signed_out
from jobs.admin.guard import guarded
from jobs.admin.holds.banner import frame_context
from jobs.admin.home import views as home_views
from jobs.admin.paginator import CappedPaginator
from jobs.admin.passwords import OwnPasswordView
from jobs.engine.broker_watch import broker_watch
from jobs.models import AuditEntry, account_name

# Raised for a value that its column cannot hold: a NUL, the year 0, text instead of a number.
INVALID_VALUE_ERRORS = (DataError, IndexError, OverflowError, ValidationError, ValueError)
# Views of Django that our pages do not use; they pass unchecked values to PostgreSQL.
UNUSED = ("autocomplete", "view_on_site")
NO_ACTION = (("", "Choose an action"),)


def _may_see_figures(request: HttpRequest) -> bool:
    return access.may_see_some(request.user)


def _next(request: HttpRequest) -> str:
    return request.GET.get(REDIRECT_FIELD_NAME, "")


def _is_ours(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())


class SignInForm(AdminAuthenticationForm):
    """Django's form, which also refuses names too long for an account: axes could not store one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        longest = min(self.username_field.max_length or COUNTED_LIMIT, COUNTED_LIMIT)
        self.fields["username"].validators.append(MaxLengthValidator(longest))


class StrictListMixin(ModelAdmin):  # type: ignore[type-arg]  # generic in its stubs alone
    """Put before every ModelAdmin: answers 400 to invalid URLs, where Django's lists answer 500."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list; 400 for invalid filters and selections."""
        try:
            return super().changelist_view(request, extra_context)
        except INVALID_VALUE_ERRORS as error:
            if not request.GET and not request.POST:
                raise
            raise BadRequest("A filter in the address is invalid.") from error

    def get_actions(self, request: HttpRequest) -> Any:
        """Return the list's actions, without one of axes that always fails.

        It needs a time that only a sign-in's request has.
        """
        actions = super().get_actions(request)
        actions.pop("cleanup_expired_attempts", None)
        return actions

    def get_action_choices(self, request: HttpRequest, default_choices: Any = NO_ACTION) -> Any:
        """Return Django's choices, with a text instead of dashes as the empty one."""
        return super().get_action_choices(request, list(default_choices))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Refuse regular expressions, one of which can keep PostgreSQL busy."""
        return not lookup.endswith("regex") and super().lookup_allowed(lookup, value, request)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show the object's history from the audit trail, which outlives accounts.

        The permission is checked before anything is read.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        entries = AuditEntry.objects.about(self.model, unquote(object_id)).with_present_names()
        page = self.get_paginator(request, entries, 100).get_page(request.GET.get(PAGE_VAR, 1))
        ours = {
            "action_list": page,
            "page_range": page.paginator.get_elided_page_range(page.number),
            "pagination_required": page.paginator.num_pages > 1,
        }
        return super().history_view(request, object_id, ours | (extra_context or {}))


class BackofficeAdminSite(AdminSite):
    """Django's admin site under our name; templates/admin/ has its templates."""

    index_template = "admin/jobs/home/index.html"
    site_title = "Backoffice"
    site_header = "Backoffice"
    index_title = "Overview"
    site_url = None
    enable_nav_sidebar = False  # the bar at the top has the same links in one line
    login_form = SignInForm
    has_frame = True  # templates/admin/base_site.html, with the styles of jobs on every page

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register with lists that are strict and count at most some of their rows."""
        given = admin_class or ModelAdmin
        strict = type(given.__name__, (StrictListMixin, given), {"__module__": given.__module__})
        capped = {"paginator": CappedPaginator, "show_full_result_count": False}
        super().register(model_or_iterable, strict, **capped | options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Return Django's URLs without the UNUSED ones, and that of the home page's refresh."""
        used = [one for one in super().get_urls() if getattr(one, "name", None) not in UNUSED]
        changes = guarded(home_views.home_changes, _may_see_figures, "GET")
        return [path("live/", changes, name="live_home"), *used]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wrap a view as Django does, but keep a signed-out user's form for after the sign-in."""
        checked = super().admin_view(view, cacheable)

        @wraps(checked)
        def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if self.has_permission(request) or request.path == reverse("admin:logout"):
                return checked(request, *args, **kwargs)
            return signed_out.sign_in(request)

        return respond

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show Django's login page, and remember the browser in which an account signed in.

        An account that is signed in already is redirected to `next`, not to the home page.
        """
        after = _next(request)
        if request.method == "GET" and self.has_permission(request) and _is_ours(request, after):
            return HttpResponseRedirect(after)
        response = super().login(request, extra_context)
        if request.method == "POST" and request.user.is_authenticated:
            remember_browser(response, account_name(request.user))
        return response

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the page on which users change their own password."""
        context = self.each_context(request) | (extra_context or {})
        done = reverse("admin:password_change_done")
        return OwnPasswordView.as_view(success_url=done, extra_context=context)(request)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the home page, with figures for users who may see jobs."""
        figures = home_views.home_page(request) if access.may_see_some(request.user) else {}
        return super().index(request, figures | (extra_context or {}))

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return Django's list of pages, with the titles of lists that have one of their own."""
        apps = super().get_app_list(request, app_label)
        for model in (one for app in apps for one in app["models"]):
            registered: Any = self._registry[model["model"]]
            model["name"] = getattr(registered, "list_title", model["name"])
        return apps

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return Django's context plus what the header and footer of every page show."""
        context = super().each_context(request) | {
            "version": __version__,
            "has_frame": self.has_frame,
        }
        context["broker_is_down"] = context["has_permission"] and broker_watch.look()
        if context["has_permission"] and access.may_see_some(request.user):
            context |= frame_context(request.user)
            context["may_launch"] = access.may_launch_some(request.user)
        return context
