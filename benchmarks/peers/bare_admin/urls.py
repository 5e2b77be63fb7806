"""The one view, for staff."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer an empty object."""
    return JsonResponse({})


urlpatterns = [path("nothing/", admin.site.admin_view(nothing)), path("", admin.site.urls)]
