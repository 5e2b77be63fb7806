"""CPU of web and PostgreSQL for a request: submit, GET, list, batch and the list's refresh.

Ours is measured beside the hand-written DRF project and a bare DRF view that authenticates and
inserts a row, in interleaved rounds on the same servers, each with two web processes of eight
threads.
"""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from django.contrib.auth import get_user_model

from benchmarks.harness import comparison, ground, process_tree
from benchmarks.harness.figure import Figure
from benchmarks.harness.servers import Servers
from benchmarks.harness.web import WebSite, serving
from jobs.models import ApiToken

ROUNDS = 5
REQUESTS = 200
BATCHES = 4
BATCH = 500
OURS = ("--config=python:backoffice.gunicorn",)
API = "/api/v1/jobs/"
REFRESH = "/admin/jobs/job/live/"


@dataclass(frozen=True)
class Cost:
    """Microseconds of CPU for one request, or for one job of a batch."""

    web_us: float
    postgres_us: float

    @property
    def cpu_us(self) -> float:
        """Both together."""
        return self.web_us + self.postgres_us


def measure(home: Path) -> Iterator[Figure]:
    """Yield ours beside the others, as the median of the rounds; print the table on stderr."""
    servers = Servers(home)
    rounds: dict[str, list[Cost]] = defaultdict(list)
    with ExitStack() as stack:
        # Both before the servers start: a database in use cannot be copied.
        peer_url, our_url = (stack.enter_context(ground.database(one)) for one in ("peer", "ours"))
        actions = {**_ours(stack, home, our_url), **_peers(stack, home, peer_url)}
        for number in range(ROUNDS + 1):
            for name, (site, act, count) in actions.items():
                cost = _cost(servers, site, act, count)
                if number:  # the first round only warms up
                    rounds[name].append(cost)
    costs = {name: _median(found) for name, found in rounds.items()}
    print(_table(costs), file=sys.stderr)
    yield from _figures(costs)


# A site, what to do once, and how many requests (or jobs of batches) that is.
Action = tuple[WebSite, Callable[[], None], int]


def _ours(stack: ExitStack, home: Path, url: str) -> dict[str, Action]:
    staff = get_user_model().objects.get(username="staff")
    _, token = ApiToken.objects.create(user=staff, name="benchmark")
    env = os.environ | {
        "DATABASE_URL": url,
        "LOG_LEVEL": "WARNING",
        "WEB_PROCESSES": "2",
        "WEB_THREADS": "8",
    }
    site = stack.enter_context(serving(home, OURS, env, token))
    job = _expect(site, 201, "POST", API, {"name": "Generate report"})
    batch = {"jobs": [{"name": "Generate report"}] * BATCH}
    accepted = _expect(site, 201, "POST", f"{API}batch/", batch)["results"]
    ids = ",".join(one["id"] for one in accepted[:50])
    site.headers["Cookie"] = f"sessionid={comparison.staff().cookies['sessionid'].value}"
    return {
        "ours, POST": (
            site,
            _repeated(site, 201, "POST", API, {"name": "Generate report"}),
            REQUESTS,
        ),
        "ours, GET": (site, _repeated(site, 200, "GET", f"{API}{job['id']}/"), REQUESTS),
        "ours, list of 50": (site, _repeated(site, 200, "GET", f"{API}?page_size=50"), REQUESTS),
        "ours, refresh of 50 rows": (
            site,
            _repeated(site, 200, "GET", f"{REFRESH}?ids={ids}"),
            REQUESTS,
        ),
        "ours, a job of a batch of 500": (
            site,
            _repeated(site, 201, "POST", f"{API}batch/", batch, times=BATCHES),
            BATCHES * BATCH,
        ),
    }


def _peers(stack: ExitStack, home: Path, url: str) -> dict[str, Action]:
    redis_url = os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/1"
    env = os.environ | {"PEER_DATABASE_URL": url, "PEER_REDIS_URL": redis_url}
    command = [sys.executable, "-m", "benchmarks.peers.handwritten", "100"]
    token = subprocess.check_output(command, env=env, text=True).strip()
    peers = "benchmarks.peers"
    project = stack.enter_context(serving(home, (f"{peers}.handwritten.wsgi",), env, token))
    bare = stack.enter_context(serving(home, (f"{peers}.bare_view.wsgi",), env, token))
    body = {"name": "Generate report"}
    project.connection.close()
    work = _expect(project, 201, "POST", "/jobs/", body)
    return {
        "hand-written, POST": (project, _repeated(project, 201, "POST", "/jobs/", body), REQUESTS),
        "bare view, POST": (bare, _repeated(bare, 201, "POST", "/jobs/", body), REQUESTS),
        "hand-written, GET": (
            project,
            _repeated(project, 200, "GET", f"/jobs/{work['id']}/"),
            REQUESTS,
        ),
        "hand-written, list of 100": (project, _repeated(project, 200, "GET", "/jobs/"), REQUESTS),
    }


def _repeated(
    site: WebSite,
    status: int,
    method: str,
    path: str,
    body: object = None,
    *,
    times: int = REQUESTS,
) -> Callable[[], None]:
    def act() -> None:
        for _ in range(times):
            _expect(site, status, method, path, body)

    return act


def _expect(
    site: WebSite, status: int, method: str, path: str, body: object = None
) -> dict[str, Any]:
    answered, content = site.request(method, path, body)
    assert answered == status, (method, path, answered, content)
    return content


def _cost(servers: Servers, site: WebSite, act: Callable[[], None], count: int) -> Cost:
    site.connection.close()  # by now the server has closed it, as it was idle
    before = process_tree.cpu_seconds(site.pid), process_tree.cpu_seconds(servers.postgres)
    act()
    after = process_tree.cpu_seconds(site.pid), process_tree.cpu_seconds(servers.postgres)
    web, postgres = (1e6 * (new - old) / count for new, old in zip(after, before, strict=True))
    return Cost(web, postgres)


def _median(rounds: list[Cost]) -> Cost:
    return Cost(median(one.web_us for one in rounds), median(one.postgres_us for one in rounds))


def _table(costs: dict[str, Cost]) -> str:
    lines = [f"{'CPU us':32}{'web':>10}{'PostgreSQL':>12}{'both':>10}"]
    lines += [
        f"{name:32}{cost.web_us:10,.0f}{cost.postgres_us:12,.0f}{cost.cpu_us:10,.0f}"
        for name, cost in costs.items()
    ]
    return "\n".join(lines)


def _figures(costs: dict[str, Cost]) -> Iterator[Figure]:
    for ours, peer in (
        ("ours, POST", "hand-written, POST"),
        ("ours, POST", "bare view, POST"),
        ("ours, GET", "hand-written, GET"),
        ("ours, POST", "ours, a job of a batch of 500"),
    ):
        yield _ratio(f"CPU: {ours} to {peer}", costs[ours].cpu_us, costs[peer].cpu_us)
    ours, peer = "ours, list of 50", "hand-written, list of 100"
    yield _ratio(f"CPU of the web: {ours} to {peer}", costs[ours].web_us, costs[peer].web_us)


def _ratio(what: str, ours: float, peer: float) -> Figure:
    return Figure(
        what=what, value=ours / peer, details={"first_us": round(ours), "second_us": round(peer)}
    )
