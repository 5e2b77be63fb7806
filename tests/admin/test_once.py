"""A form that comes twice makes one job; another content, or a newly opened form, makes another."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django import forms
from django.contrib.admin.models import LogEntry
from django.db import connections
from django.test import Client
from django.utils import timezone

from jobs.models import ApiToken, Job, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"
FORM = f"{LIST}launch/greet/"


class Greeting(forms.Form):
    """A form whose end of the period, if left empty, is now."""

    whom = forms.CharField()
    until = forms.DateTimeField(required=False)

    def clean_until(self):
        return self.cleaned_data["until"] or timezone.now()


@pytest.fixture
def greet(make_type, redis):
    return make_type(slug="greet", form=Greeting)


def once_in(page):
    """The once-only key of a page's form."""
    return re.search(r'name="once" value="([^"]+)"', page.content.decode())[1]


def opened(client, address):
    return once_in(client.get(address))


def job_of(response):
    """The job that an answer leads to."""
    return response.headers["Location"].split("/")[-3]


def at_once(client, address, entries, presses=6):
    """The answers to presses that come while the first one is still under way."""

    def press(_):
        browser = Client()
        browser.cookies = client.cookies
        try:
            return browser.post(address, entries)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(presses) as pool:
        return list(pool.map(press, range(presses)))


def test_two_presses_of_launch_make_one_job_and_both_lead_to_it(operator, greet):
    filled = {"once": opened(operator, FORM), "name": "Hi", "params-whom": "Ada"}
    first, second = (operator.post(FORM, filled) for _ in range(2))
    assert job_of(first) == job_of(second) == str(Job.objects.get().pk)
    assert LogEntry.objects.count() == 1
    assert "open the form again" in operator.get(second.headers["Location"]).content.decode()


@pytest.mark.parametrize("alone", [False, True])
def test_presses_that_overlap_make_one_job(operator, redis, make_type, alone):
    make_type(slug="greet", form=Greeting, unique_while_active=alone)
    filled = {"once": opened(operator, FORM), "name": "Hi", "params-whom": "Ada"}
    answers = at_once(operator, FORM, filled)
    assert {answer.status_code for answer in answers} == {302}
    assert {job_of(answer) for answer in answers} == {str(Job.objects.get().pk)}


def test_a_changed_form_makes_a_job_of_its_own_and_the_first_one_again_does_not(operator, greet):
    filled = {"once": opened(operator, FORM), "name": "Hi"}
    ada, bob, again = (
        job_of(operator.post(FORM, filled | {"params-whom": w})) for w in ("Ada", "Bob", "Ada")
    )
    assert ada == again != bob
    assert Job.objects.count() == 2


def test_a_form_that_is_opened_again_makes_another_job(operator, greet):
    for _ in range(2):
        operator.post(FORM, {"once": opened(operator, FORM), "name": "Hi", "params-whom": "Ada"})
    assert Job.objects.count() == 2


def test_a_refused_form_keeps_its_key_and_is_launched_once_it_is_right(operator, greet):
    filled = {"once": opened(operator, FORM), "name": "Hi", "params-whom": ""}
    refused = operator.post(FORM, filled)
    assert once_in(refused) == filled["once"]
    filled["params-whom"] = "Ada"
    assert job_of(operator.post(FORM, filled)) == job_of(operator.post(FORM, filled))
    assert Job.objects.count() == 1


@pytest.mark.parametrize("changes", [False, True])
def test_two_presses_of_launch_again_make_one_job(operator, greet, changes):
    job = make_job(
        type="greet", status=Status.FAILED, params={"whom": "Ada"}, created_by=operator.user
    )
    page = f"{FORM}?again={job.pk}" if changes else f"{LIST}{job.pk}/change/"
    address = page if changes else f"{LIST}{job.pk}/rerun/"
    entries = {"once": opened(operator, page)} | ({"params-whom": "Bob"} if changes else {})
    answers = [operator.post(address, entries), *at_once(operator, address, entries)]
    assert {job_of(answer) for answer in answers} == {str(Job.objects.get(rerun_of=job).pk)}
    assert job_of(operator.post(address, entries | {"once": opened(operator, page)})) != job_of(
        answers[0]
    )


def test_the_same_form_of_two_users_makes_two_jobs(operator, client, greet):
    filled = {"once": opened(operator, FORM), "name": "Hi", "params-whom": "Ada"}
    operator.post(FORM, filled)
    client.force_login(people.launcher())
    client.post(FORM, filled)
    assert Job.objects.count() == 2


def test_no_key_of_the_api_is_one_of_a_form(operator, greet, client):
    operator.post(FORM, {"once": opened(operator, FORM), "name": "Hi", "params-whom": "Ada"})
    token = ApiToken.objects.create(operator.user, name="t")[1]
    headers = {
        "authorization": f"Token {token}",
        "idempotency-key": Job.objects.get().idempotency_key,
    }
    body = {"type": "greet", "params": {"whom": "Ada"}}
    answer = client.post("/api/v1/jobs/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert Job.objects.count() == 1


def test_a_job_of_a_form_can_be_deleted_once_it_is_over(operator, greet):
    operator.post(FORM, {"once": opened(operator, FORM), "name": "Hi", "params-whom": "Ada"})
    job = Job.objects.get()
    operator.post(f"{LIST}{job.pk}/cancel/")
    operator.post(f"{LIST}{job.pk}/delete/")
    assert not Job.objects.exists()


def confirmation(client, action, jobs=None, query=""):
    """The confirmation of an action on the ticked jobs, or on all that match."""
    asked = {"action": action, "index": "0", "select_across": "0" if jobs else "1"}
    asked["_selected_action"] = [str(job.pk) for job in jobs or Job.objects.all()[:1]]
    page = client.post(f"{LIST}{query}", asked).content.decode()
    form = page[page.index('name="csrf') :]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: [value for one, value in hidden if one == name] for name, _ in hidden}


def test_two_confirmations_launch_the_ticked_jobs_again_once(operator, greet):
    jobs = [make_job(type="greet", status=Status.FAILED, params={"whom": "Ada"}) for _ in range(3)]
    entries = confirmation(operator, "rerun", jobs)
    operator.post(LIST, entries)
    page = operator.post(LIST, entries, follow=True)
    at_once(operator, LIST, entries, presses=3)
    assert sorted(
        Job.objects.exclude(rerun_of=None).values_list("rerun_of_id", flat=True)
    ) == sorted(job.pk for job in jobs)
    assert "3 had been launched again by the first press" in page.content.decode()
    assert LogEntry.objects.count() == 3
    operator.post(LIST, confirmation(operator, "rerun", jobs))
    assert Job.objects.exclude(rerun_of=None).count() == 6, (
        "when asked again they are launched again"
    )


@pytest.mark.parametrize("action", ["rerun", "acknowledge", "delete"])
def test_two_confirmations_for_many_jobs_make_one_bulk_job_and_lead_to_it(operator, greet, action):
    for _ in range(101):
        make_job(type="greet", status=Status.FAILED)
    entries = confirmation(operator, action, query="?type=greet")
    address = f"{LIST}?type=greet"
    answers = [*at_once(operator, address, entries, presses=3), operator.post(address, entries)]
    bulk = Job.objects.get(type__startswith="bulk_")
    assert {job_of(answer) for answer in answers} == {str(bulk.pk)}


def test_two_presses_make_one_token_and_the_second_says_so(operator):
    address = "/admin/jobs/apitoken/add/"
    filled = {"once": opened(operator, address), "name": "warehouse", "days": "30"}
    first, second = (operator.post(address, filled).content.decode() for _ in range(2))
    token = ApiToken.objects.get()
    assert 'id="token"' in first
    assert 'id="token"' not in second
    assert "This form was sent twice" in second
    assert f"/admin/jobs/apitoken/{token.public_id}/delete/" in second
    assert LogEntry.objects.count() == 1
    at_once(operator, address, filled)
    assert ApiToken.objects.count() == 1
    operator.post(address, filled | {"name": "other"})
    operator.post(address, filled | {"once": opened(operator, address)})
    assert ApiToken.objects.count() == 3


def test_a_form_that_makes_something_carries_a_key_of_its_own_each_time(operator, greet):
    job = make_job(type="greet", status=Status.FAILED)
    pages = [FORM, f"{FORM}?again={job.pk}", f"{LIST}{job.pk}/change/", "/admin/jobs/apitoken/add/"]
    keys = [opened(operator, page) for page in pages * 2]
    keys += [confirmation(operator, "rerun", [job])["once"][0] for _ in range(2)]
    assert len(set(keys)) == len(keys) == 10
