"""The panel on an object's page: its newest jobs, and links that launch others about it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from jobs import about, access
from jobs.admin_site import admin_url
from jobs.models import Job
from jobs.registry import JobType

JOBS_A_PANEL = 10


@dataclass(frozen=True)
class LaunchLink:
    """A link to the launch form of a type, filled in for the object."""

    label: str
    url: str


@dataclass(frozen=True)
class ObjectJobs:
    """The newest jobs about an object, the list of all, and what may be launched about it."""

    jobs: list[Job]
    has_more: bool
    list_url: str
    launches: list[LaunchLink]


def panel_of(model_admin: Any, request: HttpRequest, instance: Any) -> ObjectJobs | None:
    """The panel of an object; None if the user may see no jobs. One query.

    Source: index jobs_job_about.
    """
    if not access.may_see_some(request.user):
        return None
    reference = about.reference_of(instance)
    visible = access.visible_jobs(request.user).without_large()
    found = visible.filter(about_type=reference.type_id, about_key=reference.key)
    jobs = list(found.select_related("created_by").order_by("-id")[: JOBS_A_PANEL + 1])
    return ObjectJobs(
        jobs=jobs[:JOBS_A_PANEL],
        has_more=len(jobs) > JOBS_A_PANEL,
        list_url=_address("jobs_job_changelist", about=reference.text),
        launches=[
            LaunchLink(one.label, _launch_url(model_admin, request, instance, one, reference.text))
            for one in model_admin.launchable_types(request)
            if not one.from_list
        ],
    )


def _launch_url(
    model_admin: Any, request: HttpRequest, instance: Any, job_type: JobType, reference: str
) -> str:
    params = model_admin.get_job_params(request, instance, job_type.slug)
    shown = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in params.items()
        if value is not None and name not in job_type.secret_fields
    }
    return _address("jobs_job_launch_type", job_type.slug, about=reference, **shown)


def _address(view: str, *args: str, **query: Any) -> str:
    return f"{admin_url(view, *args)}?{urlencode(query, doseq=True)}"
