"""The error of a failed job on its page: its name, its message, where it happened, how often."""

import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils import timezone

from jobs import access, explain, registry
from jobs.models import Job, Status
from jobs.stats import GLANCE

FRAMES_LIMIT = 10
FAILURE_PERIOD = timedelta(days=7)
FRAME_LINE = re.compile(
    r'^  File "(?P<path>[^"]{1,500})", line (?P<line>\d+), in (?P<function>\S{1,200})$', re.M
)
# Paths of frames that belong to Python and to packages; and those of the job system, which stand
# above every handler.
LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python3", "<frozen ", "<string>")
JOB_SYSTEM = ("/jobs/engine/", "/jobs/handler/", "/jobs/database/")


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback: place in the source, function, line of code."""

    place: str
    function: str
    code: str


@dataclass(frozen=True)
class JobError:
    """The error of a job: `own` are the frames of the handler's project, innermost first."""

    code: str
    title: str
    message: str
    own: list[Frame]
    others: list[Frame]
    traceback: str


@dataclass(frozen=True)
class SameFailures:
    """How often jobs of the type failed with this error lately, and the address of these jobs.

    The address is "" if the type no longer exists: the list does not know it.
    """

    count: str
    address: str


def error_of(job: Job) -> JobError | None:
    """The error of a failed job; None for others."""
    if job.status != Status.FAILED:
        return None
    title = explain.error_name(job.error_code, job.error_type)
    own, others = frames_of(job.error_traceback, job.type)
    return JobError(job.error_code, title, job.error_message, own, others, job.error_traceback)


def frames_of(traceback: str, type: str) -> tuple[list[Frame], list[Frame]]:
    """The frames of the handler's project and all others, innermost first.

    A project that is installed as a package is known by the folder of its handler's package.
    """
    own, others = [], []
    project = _folder_of_package(type)
    for found in FRAME_LINE.finditer(traceback):
        code = traceback[found.end() + 1 :].split("\n", 1)[0].strip()
        path = found["path"]
        frame = Frame(f"{_short(path)}:{found['line']}", found["function"], code)
        (own if _is_own(path, project) else others).append(frame)
    return own[::-1][:FRAMES_LIMIT], others[::-1][: 2 * FRAMES_LIMIT]


def same_failures(user: Any, job: Job) -> SameFailures | None:
    """The failures of the last 7 days that are like the job's; None if it is the only one.

    One query, which reads the last GLANCE failures of the type by index jobs_job_type_status_id.
    """
    if job.status != Status.FAILED:
        return None
    since = timezone.now() - FAILURE_PERIOD
    like_it = {"error_code": job.error_code, "error_type": job.error_type}
    visible = access.visible_jobs(user).filter(type=job.type, status=Status.FAILED)
    last = visible.order_by("-id").values("pk")[:GLANCE]
    counts = Job.objects.filter(pk__in=last).aggregate(
        read=Count("pk"),
        oldest=Min("finished_at"),
        same=Count("pk", filter=Q(finished_at__gte=since, **like_it)),
    )
    if counts["same"] < 2:
        return None
    more = "+" if counts["read"] == GLANCE and counts["oldest"] >= since else ""
    filters = {"status": Status.FAILED, "type": job.type, **like_it}
    filters["finished_after"] = since.isoformat(timespec="seconds")
    set_filters = {name: value for name, value in filters.items() if value}
    address = f"{reverse('admin:jobs_job_changelist')}?{urlencode(set_filters)}"
    if registry.find(job.type) is None:
        address = ""
    return SameFailures(f"{counts['same']:,}{more}", address)


def _folder_of_package(type: str) -> str:
    """The folder of the package of the type's handler, with a slash; "" if it is not known."""
    job_type = registry.find(type)
    package = getattr(job_type.run, "__module__", "").partition(".")[0] if job_type else ""
    file = getattr(sys.modules.get(package), "__file__", None)
    return f"{Path(file).parent}/" if package and file and file.endswith("__init__.py") else ""


def _is_own(path: str, project: str) -> bool:
    if any(part in path for part in JOB_SYSTEM):
        return False
    is_library = any(part in path for part in LIBRARIES)
    return not is_library or bool(project and path.startswith(project))


def _short(path: str) -> str:
    return "/".join(path.split("/")[-3:])
