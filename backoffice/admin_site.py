"""The admin site: its name, its home page, and the count in its header."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse

from jobs import access
from jobs.admin import home
from jobs.admin.listing import CappedPaginator


class BackofficeAdminSite(AdminSite):
    """Stock admin under our name; templates/admin/ gives it its look."""

    site_title = "Backoffice"
    site_header = "Backoffice"
    index_title = "Overview"
    site_url = None
    enable_nav_sidebar = False  # the bar at the top says the same in one line

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Django's, but that no list counts all its rows, whichever application it is of."""
        capped = {"paginator": CappedPaginator, "show_full_result_count": False}
        super().register(model_or_iterable, admin_class, **capped | options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What needs attention and how it goes, for those who may see jobs; for others what else there is."""
        figures = home.figures(request) if access.may_see_some(request.user) else {}
        return super().index(request, figures | (extra_context or {}))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Django's, with what the header of every page shows."""
        context = super().each_context(request)
        if context["has_permission"] and access.may_see_some(request.user):
            context["attention"] = home.attention(request.user)
            context["may_launch"] = access.may_launch_some(request.user)
        return context
