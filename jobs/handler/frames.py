"""The frames of a handler's traceback, and which of them are in the handler's own project."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from jobs import registry

FRAMES_LIMIT = 10
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


def frames_of(traceback: str, type: str) -> tuple[list[Frame], list[Frame]]:
    """Return the frames of the handler's project and all others, innermost first.

    A project that is installed as a package is known by the folder of its handler's package.
    """
    own: list[Frame] = []
    others: list[Frame] = []
    project = _folder_of_package(type)
    for found in FRAME_LINE.finditer(traceback):
        code = traceback[found.end() + 1 :].split("\n", 1)[0].strip()
        path = found["path"]
        frame = Frame(f"{_short(path)}:{found['line']}", found["function"], code)
        (own if _is_own(path, project) else others).append(frame)
    return own[::-1][:FRAMES_LIMIT], others[::-1][: 2 * FRAMES_LIMIT]


def innermost_function(traceback: str, type: str) -> str:
    """Return file and function of the innermost frame of the project; "" if there is none.

    Without the line, so that it stays the same when the file changes elsewhere.
    """
    own, _ = frames_of(traceback, type)
    return f"{own[0].place.rpartition(':')[0]} {own[0].function}" if own else ""


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
