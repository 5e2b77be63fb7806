"""A search finds names whether their accents are composed (NFC) or decomposed (NFD)."""

import unicodedata

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from jobs import services
from jobs.errors import InvalidName
from jobs.models import Source
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db

NAMES = ["Übersicht März", "José", "Việt Nam", "한국 보고서", "Ångström", "क़लम"]
FORMS = ["NFC", "NFD"]


@pytest.fixture
def user():
    return people.operator()


@pytest.mark.parametrize("searched", FORMS)
@pytest.mark.parametrize("stored", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_the_list_finds_both_spellings(client, user, name, stored, searched):
    job = make_job(name=unicodedata.normalize(stored, name))
    make_job(name="Other")
    text = unicodedata.normalize(searched, name)
    client.force_login(user)
    page = client.get(reverse("admin:jobs_job_changelist"), {"q": text}).content.decode()
    assert str(job.pk) in page
    assert "Other" not in page
    by_api = APIClient()
    by_api.force_authenticate(user)
    found = by_api.get("/api/v1/jobs/", {"name": text}).json()["results"]
    assert [one["id"] for one in found] == [str(job.pk)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_stored_composed_whichever_door_it_takes(user, redis, name):
    caller = services.Caller(user=user, name=user.username, source=Source.API)
    sent = unicodedata.normalize("NFD", name)
    job = services.submit(caller, name=sent).job
    [item] = services.submit_batch(caller, [services.Launch(sent, "report")]).jobs
    assert {job.name, item.name} == {unicodedata.normalize("NFC", name)}


def test_a_name_that_grows_too_long_when_it_is_composed_is_refused(user):
    caller = services.Caller(user=user, name=user.username, source=Source.API)
    with pytest.raises(InvalidName):
        services.submit(caller, name="\u0958" * 200)


def test_a_label_picks_its_type_in_both_spellings(make_type):
    kind = make_type(label="Übersicht")
    assert services.chosen_type(unicodedata.normalize("NFD", "ÜBERSICHT"), None) == kind


@pytest.mark.parametrize("searched", FORMS)
def test_the_jobs_of_an_account_are_found_in_both_spellings(user, searched):
    owner = make_user(username="José")
    job = make_job(created_by=owner, created_by_name=owner.username)
    by_api = APIClient()
    by_api.force_authenticate(user)
    text = unicodedata.normalize(searched, "José")
    found = by_api.get("/api/v1/jobs/", {"created_by": text}).json()["results"]
    assert [one["id"] for one in found] == [str(job.pk)]
