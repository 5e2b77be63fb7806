"""An address without its slash gets a problem that names the right one, for any method."""

import pytest
from rest_framework.test import APIClient

from jobs.models import Job
from tests.api.test_rights import ADDRESSES, API, BODIES, METHODS, content, full_job

SLASHED = sorted(one for one in set(ADDRESSES.values()) if one.endswith("/") and one != "nothing/")


@pytest.mark.parametrize("address", SLASHED)
@pytest.mark.parametrize("method", METHODS)
def test_an_address_without_its_slash_names_the_right_one(client, quick, method, address):
    job = full_job(client.user)
    path = API + address.format(id=job.id).removesuffix("/")
    answer = getattr(client, method)(f"{path}?page_size=1", BODIES.get(address, {}), format="json")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "missing_slash"
    assert f"{path}/." in answer.json()["detail"]
    assert list(Job.objects.values_list("id", "version")) == [(job.id, job.version)]


@pytest.mark.parametrize(
    "path", ["/api/", "/api/v1", "/api/v1/", "/api/v2/jobs", "/api/v1/none", "/api/v1/jobs//"]
)
@pytest.mark.parametrize("method", METHODS)
def test_any_other_unknown_address_is_a_problem_and_no_redirect(client, method, path):
    answer = getattr(client, method)(path, {}, format="json")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


def test_callers_without_a_token_do_not_learn_which_addresses_exist(db):
    for path in ("jobs", "none", "jobs/batch"):
        assert APIClient().post(f"{API}{path}").status_code == 401


def test_a_file_has_no_slash(client):
    job = full_job(client.user)
    assert content(client.get(f"{API}jobs/{job.id}/files/secret.txt")) == "secret content"
    assert client.get(f"{API}jobs/{job.id}/files/secret.txt/").json()["code"] == "not_found"
