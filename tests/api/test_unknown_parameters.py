"""Every address refuses unknown query parameters; `Allow` names the methods it supports."""

import pytest
from rest_framework.test import APIClient

from jobs.api.docs import DocsView
from jobs.api.http.requests import ApiView
from jobs.api.urls import urlpatterns
from jobs.models import Job
from tests.api.test_rights import ADDRESSES, API, full_job

RESOURCES = sorted(set(ADDRESSES.values()) - {"docs/", "nothing/"})


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("address", RESOURCES)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_every_address_refuses_unknown_parameters(make_client, address, method):
    client = make_client("jobs.add_job", "jobs.view_job", "jobs.cancel_job", "jobs.delete_job")
    path = API + address.format(id=full_job(client.user).id)
    before = list(Job.objects.values())
    answer = getattr(client, method)(f"{path}?unknown=1", {}, format="json")
    if method.upper() in answer["Allow"].split(", "):
        assert answer.status_code == 400
        assert {"unknown"} <= {one.get("parameter") for one in answer.json()["errors"]}
    else:
        assert answer.status_code == 405
    assert list(Job.objects.values()) == before


def test_every_view_has_the_base_that_refuses_them():
    views = {getattr(one.callback, "cls", one.callback.view_class) for one in urlpatterns}
    assert {view for view in views if not issubclass(view, ApiView)} == {DocsView}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("address", RESOURCES)
def test_allow_names_the_methods_that_an_address_supports(client, address):
    answer = client.options(API + address.format(id=full_job(client.user).id))
    assert answer.status_code == 405
    allowed = set(answer["Allow"].split(", "))
    assert allowed
    assert allowed <= {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}


@pytest.mark.parametrize("method", ["get", "options", "put"])
def test_an_unknown_address_names_no_methods(client, method):
    answer = getattr(client, method)(f"{API}nothing/")
    assert answer.status_code == 404
    assert "Allow" not in answer
    assert getattr(APIClient(), method)(f"{API}nothing/").status_code == 401
