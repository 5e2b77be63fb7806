"""The site's URLs, except the probes, which a middleware in backoffice/health.py answers."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from backoffice import health
from backoffice.metrics.scrape import metrics
from jobs.api.http.unknown_path import UnknownPathView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("jobs.api.urls")),
    path("api/v1", UnknownPathView.as_view()),  # not a redirect
    path("healthz", health.healthz),
    path("metrics", metrics),
]

handler400 = "backoffice.errors.bad_request"
handler403 = "backoffice.errors.forbidden"
handler404 = "backoffice.errors.not_found"
handler500 = "backoffice.errors.server_error"
