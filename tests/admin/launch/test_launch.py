"""Launching from the admin."""

import json
import shlex

import pytest
from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from jobs.models import ApiToken, Job, Source, Status
from tests.support import people
from tests.support.factories import make_job
from tests.support.lost_answers import faulty_proxy

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = "/admin/jobs/job/launch/"


class Greeting(forms.Form):
    """The form of a type for these tests."""

    whom = forms.CharField(max_length=20)
    times = forms.IntegerField(initial=1, min_value=1, max_value=9)
    at = forms.DateTimeField(required=False)


@pytest.fixture
def greet(make_type):
    return make_type(slug="greet", label="Greet", form=Greeting, description="Says hello.")


def filled(**params):
    entries = {"whom": "Ada", "times": "2", "at": ""} | params
    return {"name": "Hello"} | {f"params-{name}": value for name, value in entries.items()}


def test_the_cards_lead_to_the_forms_of_the_types(operator, greet):
    assert b"Says hello." in operator.get(LAUNCH).content
    page = operator.get(f"{LAUNCH}greet/").content.decode()
    assert 'name="params-whom"' in page
    assert 'type="datetime-local"' in page
    assert 'value="Greet"' in page, "the name is filled in"


def test_a_launch_submits_the_job_and_leads_to_it(operator, greet):
    response = operator.post(f"{LAUNCH}greet/", filled(at="2026-11-22T09:30"))
    job = Job.objects.get()
    assert response.headers["Location"] == f"/admin/jobs/job/{job.pk}/change/"
    assert (job.name, job.type, job.source, job.created_by_name) == (
        "Hello",
        "greet",
        Source.ADMIN,
        "olga",
    )
    assert job.params == {"whom": "Ada", "times": 2, "at": "2026-11-22T09:30:00Z"}
    assert job.events.get().actor == "olga"
    assert LogEntry.objects.get().object_id == str(job.pk)


def test_a_refused_launch_shows_the_error_beside_its_field_and_stores_nothing(operator, greet):
    page = operator.post(f"{LAUNCH}greet/", filled(times="12"))
    assert page.status_code == 200
    assert page.context["params_form"].errors.keys() == {"times"}
    assert not Job.objects.exists()


@pytest.mark.parametrize("typed", ["[" * 50_000, '{"a":' * 50_000, "9" * 5_000, "{"])
def test_json_that_cannot_be_read_is_an_error_of_its_field(operator, make_type, typed):
    form = type("Nested", (forms.Form,), {"data": forms.JSONField()})
    make_type(slug="nested", label="Nested", form=form)
    page = operator.post(f"{LAUNCH}nested/", {"name": "Deep", "params-data": typed})
    assert page.status_code == 200
    assert page.context["params_form"].errors.keys() == {"data"}
    assert not Job.objects.exists()


def test_without_the_broker_the_form_stays_filled_and_nothing_is_left(
    operator, greet, broken_redis
):
    page = operator.post(f"{LAUNCH}greet/", filled(whom="Grace")).content.decode()
    assert 'class="error"' in page
    assert "Grace" in page
    assert not Job.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_job_is_launched_again_with_changes_as_its_rerun(operator, greet):
    operator.post(f"{LAUNCH}greet/", filled())
    first = Job.objects.get()
    Job.objects.filter(pk=first.pk).update(status=Status.CANCELLED, finished_at=timezone.now())
    again = f"{LAUNCH}greet/?again={first.pk}"
    assert 'value="Ada"' in operator.get(again).content.decode()
    operator.post(again, filled(whom="Grace"))
    second = Job.objects.get(rerun_of=first)
    assert (second.name, second.params["whom"], second.params["times"]) == ("Hello", "Grace", 2)


def test_a_secret_left_empty_stays_as_it_was(operator, make_type):
    class Login(forms.Form):
        host = forms.CharField()
        password = forms.CharField()

    make_type(slug="login", form=Login, secret_fields=("password",))
    params = {"host": "a", "password": "hunter2"}
    mine, other = (
        make_job(type="login", status=Status.FAILED, params=params, created_by=user)
        for user in (get_user(operator), None)
    )
    for first in (mine, other):
        again = f"{LAUNCH}login/?again={first.pk}"
        assert b"hunter2" not in operator.get(again).content
        page = operator.post(again, {"params-host": "b", "params-password": ""})
    assert Job.objects.get(rerun_of=mine).params == {"host": "b", "password": "hunter2"}
    assert b"Enter it again" in page.content
    assert not Job.objects.filter(rerun_of=other).exists()


def test_nobody_launches_again_what_they_may_not_see(client, greet):
    client.force_login(people.launcher())
    assert client.get(f"{LAUNCH}greet/?again={make_job(type='greet').pk}").status_code == 404


def test_the_call_follows_the_form_also_where_it_is_not_valid_yet(operator, greet):
    answer = operator.post(f"{LAUNCH}greet/call/", filled(times="many", at="2026-11-22T09:30"))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    words = shlex.split(answer.content.decode().replace("\\\n", " "))
    assert json.loads(words[words.index("-d") + 1]) == {
        "name": "Hello",
        "type": "greet",
        "params": {"whom": "Ada", "times": "many", "at": "2026-11-22T09:30:00Z"},
    }
    assert not Job.objects.exists()


def test_a_time_says_in_whose_zone_it_is_read(operator, greet):
    assert "In UTC." in operator.get(f"{LAUNCH}greet/").content.decode()


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("", {}),
        ("x" * 201, {}),
        ("\u200b", {}),
        ("a\x07b", {}),
        ("a\x00b", {}),
        ("ok", {"whom": ""}),
        ("ok", {"whom": "x" * 21}),
        ("ok", {"whom": "a\x00b"}),
        ("ok", {"times": "0"}),
        ("ok", {"times": "many"}),
        ("ok", {"at": "yesterday"}),
    ],
)
def test_both_doors_refuse_the_same(operator, greet, name, params):
    page = operator.post(f"{LAUNCH}greet/", filled(**params) | {"name": name})
    assert page.status_code == 200
    token = ApiToken.objects.create(User.objects.get(username="olga"), name="t")[1]
    sent = {"whom": "Ada", "times": 2} | params
    if str(sent["times"]).isdigit():
        sent["times"] = int(sent["times"])
    answer = operator.post(
        "/api/v1/jobs/",
        {"type": "greet", "name": name, "params": sent},
        content_type="application/json",
        headers={"authorization": f"Token {token}"},
    )
    assert answer.status_code == 400, answer.content
    assert not Job.objects.exists()


def test_the_address_of_a_type_that_is_gone_leads_to_the_others(operator):
    answer = operator.get(f"{LAUNCH}nothing/", follow=True)
    assert answer.redirect_chain == [(LAUNCH, 302)]
    assert "There is no job type “nothing” any more" in answer.content.decode()


def test_a_second_job_of_a_type_that_runs_alone_is_refused_on_its_form(operator, make_type):
    make_type(slug="alone", label="Alone", unique_while_active=True)
    operator.post(f"{LAUNCH}alone/", {"name": "One"})
    page = operator.post(f"{LAUNCH}alone/", {"name": "Two"})
    assert f"Job {Job.objects.get().pk} of this type is still active." in page.content.decode()


@pytest.mark.parametrize(
    ("words", "losses"), [("INSERT INTO jobs_job (", 2), ("django_admin_log", 1)]
)
def test_a_database_that_went_away_meanwhile_leaves_a_filled_form_that_says_what_is_not_known(
    operator, greet, redis, words, losses
):
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to(words, losses)
        page = operator.post(f"{LAUNCH}greet/", filled(whom="Grace"))
    text = page.content.decode()
    job = Job.objects.get()
    assert (proxy.lost, page.status_code) == (losses, 504)
    assert "not known whether the job was launched" in text
    assert reverse("admin:jobs_job_change", args=[job.pk]) in text
    assert 'value="Grace"' in text
    assert 'name="csrfmiddlewaretoken"' in text


def test_a_database_that_went_away_while_a_job_was_launched_again_is_told_as_such(
    operator, greet, redis
):
    job = make_job(type="greet", status=Status.FAILED, params={"whom": "Ada", "times": 1})
    operator.raise_request_exception = False
    with faulty_proxy("default") as proxy:
        proxy.lose_answer_to("django_admin_log")
        page = operator.post(reverse("admin:jobs_job_rerun", args=[job.pk]))
    assert page.status_code == 504
    assert str(Job.objects.get(rerun_of=job).pk) in page.content.decode()
