"""Every address of the API, version 1."""

from django.urls import path, re_path

from jobs.api import views

app_name = "api"
urlpatterns = [
    path("jobs/", views.JobsView.as_view(), name="jobs"),
    path("jobs/<uuid:id>/", views.JobView.as_view(), name="job"),
    path("jobs/<uuid:id>/files/", views.FilesView.as_view(), name="job-files"),
    path("jobs/<uuid:id>/files/<path:name>", views.FileView.as_view(), name="job-file"),
    re_path(r"", views.NothingHere.as_view()),
]
