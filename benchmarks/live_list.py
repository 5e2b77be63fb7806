"""What an open job list costs: 50 active rows, of which one moves, refreshed every two seconds.

The list is asked as its page asks, with the tags of what it shows and the last ETag. CPU of the web
is measured beside a view of Django's admin that answers nothing, in interleaved rounds on the same
servers.
"""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from django.db.models import F

from benchmarks.harness import comparison, ground, process_tree, rows
from benchmarks.harness.figure import Figure
from benchmarks.harness.web import WebSite, serving
from jobs.models import ACTIVE, Job, Worker

ROUNDS = 5
REQUESTS = 200
A_MINUTE = 30
ROWS = 50
REFRESH = "/admin/jobs/job/live/"
BYTES = 60_000
RATIO = 2


def measure(home: Path) -> Iterator[Figure]:
    """Yield the CPU of a refresh beside that of the bare view, and the bytes of a minute."""
    found: dict[str, list[float]] = {"moving": [], "quiet": [], "bare": []}
    with ExitStack() as stack:
        # Both before the servers start: a database in use cannot be copied.
        peer_url, our_url = (stack.enter_context(ground.database(one)) for one in ("peer", "ours"))
        page = _open_list(stack, home, our_url)
        bare = _bare_view(stack, home, peer_url)
        acts = {"moving": page.refresh_moved, "quiet": page.refresh, "bare": bare.ask}
        for number in range(ROUNDS + 1):
            page.sizes.clear()
            for name, act in acts.items():
                site = bare.site if name == "bare" else page.site
                microseconds = _cpu(site, act)
                if number:  # the first round only warms up
                    found[name].append(microseconds)
    costs = {name: median(each) for name, each in found.items()}
    for name, when in {"moving": "while one row moves", "quiet": "while nothing changes"}.items():
        yield _ratio(when, costs[name], costs["bare"])
    largest = max(page.sizes)
    yield Figure(
        what="bytes a minute while one row moves",
        value=A_MINUTE * largest,
        at_most=BYTES,
        details={"of_a_request": largest},
    )


def _ratio(when: str, ours: float, bare: float) -> Figure:
    return Figure(
        what=f"CPU of the web: a refresh {when}, to a bare view of Django's admin",
        value=ours / bare,
        at_most=RATIO,
        details={
            "refresh_us": round(ours),
            "bare_us": round(bare),
            "seconds_a_minute": round(A_MINUTE * ours / 1e6, 3),
        },
    )


def _cpu(site: WebSite, act: Callable[[], None]) -> float:
    """Microseconds of CPU of the web for one `act`."""
    site.connection.close()  # by now the server has closed it, as it was idle
    before = process_tree.cpu_seconds(site.pid)
    for _ in range(REQUESTS):
        act()
    return 1e6 * (process_tree.cpu_seconds(site.pid) - before) / REQUESTS


@dataclass
class Page:
    """An open page of the list, and what it knows from its last answer, as live.js does."""

    site: WebSite
    moving: Job
    tags: dict[str, str]
    etag: str = ""
    sizes: list[int] = field(default_factory=list)

    def refresh_moved(self) -> None:
        """Let one row move, and refresh."""
        progress = {"progress_percent": (F("version") % 100), "version": F("version") + 1}
        Job.objects.filter(pk=self.moving.pk).update(**progress)
        assert self._ask() == 200

    def refresh(self) -> None:
        """Refresh a page on which nothing changes, except estimates now and then."""
        self._ask()

    def _ask(self) -> int:
        ids = ",".join(f"{id}.{tags}" for id, tags in self.tags.items())
        sent = {"If-None-Match": self.etag} if self.etag else {}
        answer, text = _answer(self.site, f"{REFRESH}?ids={ids}", sent)
        self.sizes.append(
            len(text) + sum(len(f"{one}: {of}\r\n") for one, of in answer.getheaders())
        )
        self.etag = answer.headers["ETag"]
        for id, row in json.loads(text or '{"rows": {}}')["rows"].items():
            self.tags[id] = row["tags"]
        return answer.status


@dataclass
class BareView:
    """The view that answers nothing."""

    site: WebSite

    def ask(self) -> None:
        """Send one request."""
        answer, _ = _answer(self.site, "/nothing/", {})
        assert answer.status == 200


def _answer(
    site: WebSite, path: str, headers: Mapping[str, str]
) -> tuple[http.client.HTTPResponse, bytes]:
    site.connection.request("GET", path, headers=site.headers | dict(headers))
    answer = site.connection.getresponse()
    return answer, answer.read()


def _open_list(stack: ExitStack, home: Path, url: str) -> Page:
    rows.fill(10_000, processing=ROWS // 2, active=ROWS, seconds_apart=1)
    queues = {"queues": ["default", "slow"], "types": ["report", "export"]}
    Worker.objects.create(id="w1", host="app1", pid=1, slots=ROWS // 2, consuming=True, **queues)
    jobs = list(Job.objects.filter(status__in=ACTIVE).order_by("-id"))
    session = comparison.staff().cookies["sessionid"].value
    env = os.environ | {"DATABASE_URL": url, "LOG_LEVEL": "WARNING"}
    ours = ("--config=python:backoffice.gunicorn",)
    site = stack.enter_context(serving(home, ours, env, "none"))
    site.headers = {"Cookie": f"sessionid={session}"}
    page = Page(site, jobs[0], {job.pk.hex: "" for job in jobs})
    page.refresh_moved()
    return page


def _bare_view(stack: ExitStack, home: Path, url: str) -> BareView:
    env = os.environ | {"PEER_DATABASE_URL": url, "PEER_REDIS_URL": os.environ["REDIS_URL"]}
    env["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.bare_admin.settings"
    command = [sys.executable, "-m", "benchmarks.peers.bare_admin"]
    session = subprocess.check_output(command, env=env, text=True).strip()
    site = stack.enter_context(serving(home, ("benchmarks.peers.bare_admin.wsgi",), env, "none"))
    site.headers = {"Cookie": f"sessionid={session}"}
    return BareView(site)
