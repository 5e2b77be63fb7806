"""The same pages at two numbers of jobs, each in a database of its own on one server."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from django.contrib.auth import get_user_model
from django.test import Client

from benchmarks.harness import ground, rows
from benchmarks.harness.figure import Figure
from benchmarks.harness.sql_time import Caught, caught, time_in_turns
from jobs.admin.job_list.composition import clear_composed
from jobs.admin.job_list.rows import clear_usual_cache
from jobs.admin.picture import clear_pictures

# `--jobs` sets the large one.
SIZES = {"small": 10_000, "large": 1_000_000}
RATIO = 1.5
# Addresses of pages by name, as they are in the database at hand.
Pages = Callable[[Client], Mapping[str, str]]


def compared(pages: Pages, *, queries_at_most: int) -> Iterator[Figure]:
    """Yield the SQL time of each page, large to small, and its number of queries."""
    found: dict[str, dict[str, Caught]] = defaultdict(dict)
    for name, jobs in SIZES.items():
        with ground.database(name) as url:
            # The waiting jobs came all at once, so that the last day is as busy at either size.
            rows.fill(jobs, seconds_apart=0.05)
            client = staff()
            for page, address in pages(client).items():
                found[page][url] = _caught(client, address)
    for page, by_url in found.items():
        time_in_turns(by_url)
        small, large = by_url.values()
        yield _time(page, small, large)
        yield _queries(page, small, large, queries_at_most)
        yield Figure(
            what=f"{page}: uncapped counts and DISTINCT", value=len(large.uncapped()), at_most=0
        )


def staff() -> Client:
    """A browser in which the superuser is signed in."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(
        get_user_model().objects.get(username="staff"), "backoffice.accounts.AccountBackend"
    )
    return client


def _caught(client: Client, address: str) -> Caught:
    clear_usual_cache()
    clear_pictures()
    clear_composed()
    with caught() as page:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.content[:500])
    return page


def _time(page: str, small: Caught, large: Caught) -> Figure:
    return Figure(
        what=f"{page}: SQL time",
        value=large.typical_ms / small.typical_ms,
        at_most=RATIO,
        details={
            "small_ms": round(small.typical_ms, 2),
            "large_ms": round(large.typical_ms, 2),
            "small_buffers": small.buffers,
            "large_buffers": large.buffers,
        },
    )


def _queries(page: str, small: Caught, large: Caught, at_most: int) -> Figure:
    """The larger number of queries: pages with waiting jobs also query their places in line."""
    return Figure(
        what=f"{page}: queries",
        value=max(len(small.queries), len(large.queries)),
        at_most=at_most,
        details={"small": len(small.queries), "large": len(large.queries)},
    )
