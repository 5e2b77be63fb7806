"""Requests of callers and staff, all the time, that note what is not answered as it should be."""

import contextlib
import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

# Between two requests of a kind: without it the requests would take the CPU of the processes that
# start.
PAUSE_SECONDS = 0.1


@dataclass
class Traffic:
    """What a site answered."""

    port: int
    token: str
    login: tuple[str, str]
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    versions: Counter[str] = field(default_factory=Counter)
    _waiting: str = ""
    _ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, kind: str, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[bytes, http.client.HTTPMessage] | None:
        """Send a request on a connection of its own; None if it failed, which is noted."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._note(kind, f"{kind} {path}: {error!r}")
            return None
        finally:
            connection.close()
        fine = answer.status < 400
        self._note(kind, "" if fine else f"{kind} {path}: {answer.status} {content[:300]!r}")
        return (content, answer.headers) if fine else None

    def _note(self, kind: str, failure: str) -> None:
        with self._lock:
            if failure:
                self.failed.append(failure)
            else:
                self.answered[kind] += 1

    def call(self, kind: str, method: str, path: str, data: object = None) -> object:
        """Call the API; returns the JSON of the answer."""
        headers = {"Authorization": f"Token {self.token}"}
        body = None
        if data is not None:
            headers["Content-Type"], body = "application/json", json.dumps(data)
        found = self.ask(kind, method, f"/api/v1/{path}", body, **headers)
        return json.loads(found[0]) if found else None

    def submit(self) -> None:
        """Submit a job."""
        job = self.call("submit", "POST", "jobs/", {"type": "rolling"})
        if isinstance(job, dict):
            self.jobs.append(job["id"])
        time.sleep(PAUSE_SECONDS)

    def list_jobs(self) -> None:
        """Read the list."""
        self.call("list", "GET", "jobs/?page_size=5")
        time.sleep(PAUSE_SECONDS)

    def poll(self) -> None:
        """Wait for a job that nobody takes, as long as the site lets a caller wait."""
        if not self._waiting:
            job = self.call("submit", "POST", "jobs/", {"type": "prune"})
            self._waiting = job["id"] if isinstance(job, dict) else ""
        self.call("poll", "GET", f"jobs/{self._waiting}/?wait=30")

    def download(self) -> None:
        """Read the file of a job that ended."""
        found = self.call("list", "GET", "jobs/?status=COMPLETED&type=rolling&page_size=1")
        for job in found["results"] if isinstance(found, dict) else ():
            self.ask(
                "download",
                "GET",
                f"/api/v1/jobs/{job['id']}/files/out.txt",
                Authorization=f"Token {self.token}",
            )
        time.sleep(PAUSE_SECONDS)

    def page(self) -> Callable[[], None]:
        """Sign in; returns a function that reads pages of the admin and their static files."""
        cookies = SimpleCookie()

        def ask(kind: str, method: str, path: str, **form: str) -> bytes:
            headers = {"Cookie": "; ".join(f"{k}={v.value}" for k, v in cookies.items())}
            if form:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            found = self.ask(kind, method, path, urlencode(form) if form else None, **headers)
            for header in found[1].get_all("Set-Cookie", []) if found else ():
                cookies.load(header)
            return found[0] if found else b""

        form = ask("login", "GET", "/admin/login/").decode()
        secret = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
        name, password = self.login
        ask(
            "login",
            "POST",
            "/admin/login/?next=/admin/",
            csrfmiddlewaretoken=secret,
            username=name,
            password=password,
        )

        def read() -> None:
            for path in ("/admin/", "/admin/jobs/job/"):
                content = ask("page", "GET", path).decode()
                if version := re.search(r'class="version">Backoffice ([0-9.]+)<', content):
                    self.versions[version[1]] += 1
                for static in re.findall(r'(?:href|src)="(/static/[^"]+)"', content):
                    self.ask("static", "GET", static, **{"Accept-Encoding": "gzip"})
            time.sleep(1)  # dozens of files at a time

        return read

    @contextlib.contextmanager
    def running(self) -> Iterator["Traffic"]:
        """Send requests until the block ends."""
        acts = [self.submit, self.submit, self.list_jobs, self.poll, self.download]
        acts.append(self.page())

        def repeat(act: Callable[[], None]) -> None:
            while not self._ended.is_set():
                try:
                    act()
                except Exception as error:
                    self.failed.append(f"{act}: {error!r}")
                    return

        with ThreadPoolExecutor(len(acts)) as pool:
            for act in acts:
                pool.submit(repeat, act)
            try:
                yield self
            finally:
                self._ended.set()
