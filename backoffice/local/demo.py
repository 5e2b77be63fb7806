"""`make demo`: submits one report over HTTP, follows it until it ends and fetches its file."""

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from backoffice.local.processes import CannotRun
from backoffice.local.stack import Stack, fail_if_one_ended

SECONDS = 60
REQUEST = {"name": "Generate report"}
FINAL = ("COMPLETED", "FAILED", "CANCELLED")


def run_demo(stack: Stack) -> None:
    """Launch "Generate report"; print its progress and the path of its file.

    Raises: CannotRun with the reason if it does not complete.
    """
    print(f"POST {stack.web_url}/api/v1/jobs/ {json.dumps(REQUEST)}")
    job = _follow(stack, _call_api(stack, "/api/v1/jobs/", REQUEST))
    if job["status"] != "COMPLETED":
        raise CannotRun(f"The report ended as {job['status']}: {job['error']}")
    for file in _call_api(stack, f"/api/v1/jobs/{job['id']}/files/")["results"]:
        print(f"The report: {_fetch(stack, job, file)}")


def _follow(stack: Stack, job: dict[str, Any]) -> dict[str, Any]:
    """Print every new status and percentage; return the job once it has ended."""
    end = time.monotonic() + SECONDS
    lines: list[str] = []
    while job["status"] not in FINAL:
        _show(lines, job["status"], job["progress"]["percent"], job["progress"]["message"])
        if time.monotonic() > end:
            logs = stack.directory / "log"
            raise CannotRun(f"The report runs for over {SECONDS} s; the logs are in {logs}.")
        fail_if_one_ended(*stack.programs)
        time.sleep(0.02)
        job = _call_api(stack, f"/api/v1/jobs/{job['id']}/")
    percent, message = job["progress"]["percent"], job["progress"]["message"]
    if not any(line.startswith("PROCESSING") for line in lines):
        _show(lines, "PROCESSING", percent, f"for {job['run_seconds']} s, between two polls")
    _show(lines, job["status"], percent, message)
    return job


def _show(lines: list[str], status: str, percent: int | None, message: str) -> None:
    line = f"{status:<10} {percent or 0:>3}%  {message}".rstrip()
    if line not in lines:
        print(f"  {line}", flush=True)
        lines.append(line)


def _call_api(stack: Stack, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    data = json.dumps(body).encode() if body else None
    with _send_request(stack, path, data) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def _fetch(stack: Stack, job: dict[str, Any], file: dict[str, Any]) -> Path:
    folder = stack.directory / "reports"
    folder.mkdir(exist_ok=True)
    path = folder / f"{job['id']}-{Path(file['name']).name}"
    with _send_request(stack, f"/api/v1/jobs/{job['id']}/files/{quote(file['name'])}") as answer:
        path.write_bytes(answer.read())
    return path


def _send_request(stack: Stack, path: str, data: bytes | None = None) -> HTTPResponse:
    headers = {"Authorization": f"Token {stack.token}", "Content-Type": "application/json"}
    method = "POST" if data else "GET"
    request = urllib.request.Request(stack.web_url + path, data, headers, method=method)
    try:
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=SECONDS)
        return answer
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode()
        raise CannotRun(f"{request.method} {path} answered {error.code}: {said}") from None
    except OSError as error:
        raise CannotRun(f"{request.method} {path} was not answered: {error}") from None
