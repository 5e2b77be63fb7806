"""Caches must revalidate every answer of every address."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from jobs.models import JobFile
from tests.api.test_rights import ADDRESSES, API, METHODS, content, full_job
from tests.support import people

KEPT_NOWHERE = {"no-store", "private"}
ASKED_BEFORE_USE = {"no-cache", "private"}


def directives(answer) -> set[str]:
    content(answer)
    return {one.strip() for one in answer["Cache-Control"].split(",")}


def assert_is_someones(answer):
    found = directives(answer)
    if "no-store" in found:
        assert found >= KEPT_NOWHERE
    else:
        assert found == ASKED_BEFORE_USE
        assert answer["ETag"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("address", sorted(set(ADDRESSES.values())))
@pytest.mark.parametrize("method", [*METHODS, "head", "options", "patch"])
def test_no_answer_of_the_api_is_kept_by_a_shared_cache(client, method, address):
    job = full_job(client.user)
    for caller in (client, APIClient()):
        assert_is_someones(getattr(caller, method)(API + address.format(id=job.id)))


@pytest.mark.parametrize(
    "sent",
    [
        {"HTTP_ACCEPT": "text/xml"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"QUERY_STRING": "unknown=1"},
        {"HTTP_AUTHORIZATION": "Token wrong"},
    ],
)
def test_no_problem_is_kept(client, sent):
    answer = client.get(f"{API}jobs/", **sent)
    assert answer.status_code >= 400
    assert directives(answer) == KEPT_NOWHERE


def test_a_job_may_be_kept_by_its_caller_who_asks_whether_it_changed(client):
    address = f"{API}jobs/{full_job(client.user).id}/"
    fresh = client.get(address)
    unchanged = client.get(address, headers={"If-None-Match": fresh["ETag"]})
    assert (fresh.status_code, unchanged.status_code) == (200, 304)
    assert directives(fresh) == directives(unchanged) == ASKED_BEFORE_USE


def paths(patterns, before="/") -> Iterator[str]:
    """An address for each pattern of the admin, with a value for each placeholder."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route.replace("<uuid:job_id>", "{job}").replace("<int:file_id>", "{file}")
        else:
            yield from paths(pattern.url_patterns, route)


def test_no_page_and_no_file_of_the_admin_is_kept_by_a_shared_cache(db):
    job = full_job()
    places = {"job": job.id, "file": JobFile.objects.get().id}
    browser = Client(raise_request_exception=False)
    browser.force_login(people.superuser())
    [admin] = [one for one in get_resolver().url_patterns if str(one.pattern) == "admin/"]
    addresses = [
        path for path in paths(admin.url_patterns, "/admin/") if "<" not in path and "(" not in path
    ]
    assert len(addresses) > 20
    for address in addresses:
        for caller in (browser, Client()):
            assert_is_someones(caller.get(address.format(**places)))


@pytest.mark.parametrize("address", ["/livez", "/readyz", "/healthz", "/", "/nothing", "/admin"])
def test_no_other_answer_is_kept_by_a_shared_cache(db, address):
    assert_is_someones(Client().get(address))


@pytest.mark.parametrize("address", ["jobs/", "jobs/{id}/", "job-types/", "nothing/", "schema/"])
def test_head_is_get_without_its_body(client, quick, address):
    path = API + address.format(id=full_job(client.user).id)
    whole, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == whole.status_code
    for name in ("Content-Length", "Content-Type", "ETag", "Cache-Control"):
        assert head.get(name) == whole.get(name)


def test_an_answer_without_a_body_has_no_length(make_client):
    client = make_client("jobs.delete_job")
    address = f"{API}jobs/{full_job(client.user).id}/"
    for answer in (
        client.get(address, headers={"If-None-Match": client.get(address)["ETag"]}),
        client.delete(address),
    ):
        assert answer.status_code in (204, 304)
        assert "Content-Length" not in answer
        assert "Content-Type" not in answer
