"""The URLs of the shop: its own admin site for staff, Django's default one for its owners."""

from django.contrib import admin
from django.urls import include, path

from shop.admin import backstage

urlpatterns = [
    path("owners/", admin.site.urls),
    path("backstage/", backstage.urls),
]

urlpatterns += [path("jobs-api/v1/", include("jobs.api.urls"))]
