"""The processes of one gunicorn count together, and counts survive the end of a process."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.backoffice.metrics.test_scrape import TOKEN, samples
from tests.support.polling import wait_until
from tests.support.processes import Site, serving

pytestmark = pytest.mark.usefixtures("django_db_setup")
REFUSED = ("backoffice_requests_total", ("endpoint", "jobs_api:jobs"), ("method", "GET"))


@pytest.fixture
def site(tmp_path):
    (tmp_path / "tmp").mkdir()
    with serving(
        tmp_path, PROBE_TOKEN=TOKEN, WEB_PROCESSES="2", TMPDIR=str(tmp_path / "tmp")
    ) as running:
        yield running


def directories(site: Site) -> list[Path]:
    return list((site.log.parent / "tmp").glob("backoffice-metrics-*"))


def counted(site: Site) -> float:
    text = site.ask("/metrics", Authorization=f"Bearer {TOKEN}").text
    return samples(text).get((*REFUSED, ("status", "401")), 0)


def ask(site: Site, times: int) -> set[str]:
    """Send requests without a token at once, so that both processes answer some."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: site.ask("/api/v1/jobs/"), range(times)))
    assert {answer.status for answer in answers} == {401}
    return web_processes(site)


def web_processes(site: Site) -> set[int]:
    """Return the pids of the web processes, which have the directory's files open."""
    [directory] = directories(site)
    found = set()
    for maps in Path("/proc").glob("[0-9]*/maps"):
        try:
            if str(directory) in maps.read_text():
                found.add(int(maps.parent.name))
        except OSError:
            continue
    return found


def test_each_scrape_has_the_counts_of_all_processes(site):
    assert len(ask(site, 40)) == 2
    assert {counted(site) for _ in range(10)} == {40}


def test_a_process_that_is_replaced_goes_on_with_the_counts_of_its_predecessor(site):
    for number in range(1, 4):
        before = ask(site, 20)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda gone=victim: len(web_processes(site) - {gone}) == 2)
        assert counted(site) == 20 * number
    [directory] = directories(site)
    places = {path.stem.rpartition("_")[2] for path in directory.iterdir()}
    assert places <= {"0", "1"}


def test_the_directory_is_removed_when_gunicorn_ends(tmp_path):
    (tmp_path / "tmp").mkdir()
    with serving(tmp_path, TMPDIR=str(tmp_path / "tmp")) as site:
        assert len(directories(site)) == 1
    assert directories(site) == []


def master_of(site) -> int:
    """The pid of the gunicorn that answers."""
    return int(Path(f"/proc/{min(ask(site, 4))}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_gunicorn_that_replaces_another_counts_in_a_directory_of_its_own(site):
    master = master_of(site)
    os.kill(master, signal.SIGUSR2)
    wait_until(lambda: len(directories(site)) == 2)
    os.kill(master, signal.SIGTERM)
    wait_until(lambda: len(directories(site)) == 1)
    wait_until(lambda: site.ask("/livez").status == 200)
    successor = master_of(site)
    try:
        ask(site, 10)
        assert counted(site) >= 10
    finally:  # it is no child of this process, which would end it otherwise
        os.kill(successor, signal.SIGTERM)
        wait_until(lambda: not Path(f"/proc/{successor}").exists())
