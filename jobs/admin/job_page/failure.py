"""The error of a failed job on its page: name, message, and the application's traceback frames."""

import re
from dataclasses import dataclass

from jobs import explain
from jobs.models import Job, Status

FRAMES_LIMIT = 10
FRAME_LINE = re.compile(
    r'^  File "(?P<path>[^"]{1,500})", line (?P<line>\d+), in (?P<function>\S{1,200})$', re.M
)
# Paths of frames that belong to Python, to packages and to the worker, not to the handler.
NOT_APPLICATION = ("/site-packages/", "/lib/python3", "/jobs/engine/", "<frozen ")


@dataclass(frozen=True)
class Frame:
    """One frame of a traceback: place in the source, function, line of code."""

    place: str
    function: str
    code: str


@dataclass(frozen=True)
class JobError:
    """The error of a job; `frames` are those of the application, `traceback` is complete."""

    code: str
    title: str
    message: str
    frames: list[Frame]
    traceback: str


def error_of(job: Job) -> JobError | None:
    """The error of a failed job; None for others."""
    if job.status != Status.FAILED:
        return None
    title = explain.error_name(job.error_code, job.error_type)
    frames = application_frames(job.error_traceback)
    return JobError(job.error_code, title, job.error_message, frames, job.error_traceback)


def application_frames(traceback: str) -> list[Frame]:
    """The frames of a traceback that belong to the application, innermost first."""
    frames = []
    for found in FRAME_LINE.finditer(traceback):
        if not any(part in found["path"] for part in NOT_APPLICATION):
            code = traceback[found.end() + 1 :].split("\n", 1)[0].strip()
            path = "/".join(found["path"].split("/")[-3:])
            frames.append(Frame(f"{path}:{found['line']}", found["function"], code))
    return frames[::-1][:FRAMES_LIMIT]
