"""The addresses of the API, version 1."""

from django.urls import path, re_path

from jobs.api import (
    actions,
    docs,
    holds,
    job_types,
    job_uploads,
    jobs,
    limits,
    records,
    stats,
    uploads,
    workers,
)
from jobs.api.http import unknown_path

app_name = "jobs_api"
urlpatterns = [
    path("jobs/", jobs.JobsView.as_view(), name="jobs"),
    path("jobs/batch/", jobs.BatchView.as_view(), name="batch"),
    path("jobs/stats/", stats.StatsView.as_view(), name="stats"),
    path("jobs/<uuid:id>/", jobs.JobView.as_view(), name="job"),
    *actions.paths(),
    path("jobs/<uuid:id>/events/", records.EventsView.as_view(), name="job-events"),
    path("jobs/<uuid:id>/logs/", records.LogsView.as_view(), name="job-logs"),
    path("jobs/<uuid:id>/files/", records.FilesView.as_view(), name="job-files"),
    path("jobs/<uuid:id>/files/<path:name>", records.FileView.as_view(), name="job-file"),
    path("jobs/<uuid:id>/uploads/", job_uploads.JobUploadsView.as_view(), name="job-uploads"),
    path(
        "jobs/<uuid:id>/uploads/<uuid:upload_id>/content",
        job_uploads.JobUploadView.as_view(),
        name="job-upload",
    ),
    path("uploads/", uploads.UploadsView.as_view(), name="uploads"),
    path("uploads/<uuid:id>/", uploads.UploadView.as_view(), name="upload"),
    path("uploads/<uuid:id>/content", uploads.UploadContentView.as_view(), name="upload-content"),
    path("job-types/", job_types.JobTypesView.as_view(), name="job-types"),
    path("job-types/<str:type>/", job_types.JobTypeView.as_view(), name="job-type"),
    path("holds/", holds.HoldsView.as_view(), name="holds"),
    path("holds/<int:id>/", holds.HoldView.as_view(), name="hold"),
    path("holds/<int:id>/release/", holds.ReleaseHoldView.as_view(), name="hold-release"),
    path("limits/", limits.LimitsView.as_view(), name="limits"),
    path("limits/<slug:type>/", limits.LimitView.as_view(), name="limit"),
    path("workers/", workers.WorkersView.as_view(), name="workers"),
    path("workers/<slug:id>/drain/", workers.DrainView.as_view(), name="worker-drain"),
    path("workers/<slug:id>/resume/", workers.ResumeView.as_view(), name="worker-resume"),
    path("schema/", docs.SchemaView.as_view(), name="schema"),
    path("docs/", docs.DocsView.as_view(), name="docs"),
    re_path(r"", unknown_path.UnknownPathView.as_view()),
]
