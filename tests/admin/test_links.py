"""No page offers a link to a page that its reader may not see."""

import re
from collections import Counter
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest

from jobs.models import ApiToken, Job, Status
from tests.support import people
from tests.support.factories import make_hold, make_job, make_user, make_worker

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')
QUERIES_OF_A_PATH = 4


def make_rows(reader) -> None:
    """Make jobs of the reader and of a colleague in each status, and what pages name beside."""
    colleague = make_user(username="jonas")
    worker = make_worker(host="app1")
    for person in (reader, colleague):
        ApiToken.objects.create(person, name=f"token of {person}")
        for status in Status:
            made = {"created_by": person, "created_by_name": person.username, "worker": worker.pk}
            job = make_job(status=status, **made)
            job.events.create(to_status=status, actor=f"worker {worker.pk}")
    make_job(type="gone", status=Status.FAILED, created_by=reader)
    make_hold()


def broken_links(client) -> dict[str, str]:
    """Follow the links from Home. Return those that are refused, each with the page that has it."""
    found, seen, of_path = {"/admin/": ""}, {}, Counter()
    while waiting := [address for address in found if address not in seen]:
        for address in waiting:
            answer = client.get(address)
            seen[address] = answer.status_code
            is_page = answer.headers.get("Content-Type", "").startswith("text/html")
            text = answer.content.decode() if is_page and not answer.streaming else ""
            for href in map(unescape, LINK.findall(text)):
                target = urldefrag(urljoin(address, href)).url
                path = urlsplit(target).path
                # The download of a log holds one of the few threads until it is closed.
                if target in found or path.endswith("/log/"):
                    continue
                of_path[path] += 1
                if of_path[path] <= QUERIES_OF_A_PATH:
                    found[target] = address
    return {address: found[address] for address, status in seen.items() if status >= 400}


@pytest.mark.parametrize(
    "cast",
    [people.viewer, people.launcher, people.operator, people.superuser],
    ids=lambda c: c.__name__,
)
def test_every_link_of_a_page_leads_to_a_page(client, cast):
    reader = cast()
    make_rows(reader)
    client.force_login(reader)
    assert broken_links(client) == {}
    assert Job.objects.count() == 2 * len(Status) + 1, "no link changes anything"


@pytest.mark.parametrize(
    "rights",
    [
        (),
        ("auth.view_user",),
        ("jobs.view_auditentry",),
        ("jobs.view_apitoken",),
        ("jobs.view_apitoken", "auth.view_user", "jobs.add_job"),
        ("jobs.add_apitoken", "jobs.delete_apitoken"),
        ("jobs.view_hold",),
        ("auth.view_group",),
        ("jobs.view_job", "jobs.hold_job"),
        ("django_celery_results.view_taskresult",),
    ],
)
def test_every_link_leads_to_a_page_with_single_rights(client, rights):
    reader = make_user(*rights, username="nora", is_staff=True)
    make_rows(reader)
    client.force_login(reader)
    assert broken_links(client) == {}
