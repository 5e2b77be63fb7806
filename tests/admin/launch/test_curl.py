"""The API call beside a launch form runs as it is shown, and makes the job that the form makes."""

import json
import os
import re
import subprocess

import pytest
from django import forms

from jobs import parameters, registry
from jobs.errors import InvalidParams
from jobs.models import ApiToken, Job, Status
from tests.support import people
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = "/admin/jobs/job/launch/"
HOSTILE = [
    "plain",
    'Ada\'s "cat" \\ back\\slash',
    "$(touch pwned) `touch pwned` ${HOME} $TOKEN !! !x & ; | > pwned < x * ? ~ #",
    "-d @/etc/passwd",
    "'; touch pwned; echo '",
    "two\nlines\tand a tab",
    "Ünïcödé 日本語 🚀 e\u0301",
    "\u202eright to left\u202c, \x7f and \x1b[31m and \u2028",
    "100% %s %20 {0} {{ x }}",
]


class Order(forms.Form):
    """Fields of many kinds."""

    text = forms.CharField(widget=forms.Textarea, strip=False)
    times = forms.IntegerField(initial=1)
    price = forms.DecimalField(required=False)
    at = forms.DateTimeField(required=False)
    kinds = forms.MultipleChoiceField(required=False, choices=[("a b", "A"), ("'", "B")])
    extra = forms.JSONField(required=False)
    urgent = forms.BooleanField(required=False)


class Login(forms.Form):
    host = forms.CharField(initial="here")
    password = forms.CharField()
    pin = forms.IntegerField(required=False)


@pytest.fixture
def exporter(client, redis, live_server):
    """The browser of a user who may launch exports, at the admin of the live server."""
    user = make_user("jobs.view_job", "jobs.add_job", "auth.view_user", is_staff=True)
    people.sign_in(client, user)
    client.defaults["HTTP_HOST"] = live_server.url.removeprefix("http://")
    return client


@pytest.fixture
def run(exporter, tmp_path):
    """Run a call as shown, in a shell with the token; return status and body of the response."""
    token = ApiToken.objects.create(exporter.user, name="t")[1]

    def run(call: str, **variables: str):
        env = {"PATH": os.environ["PATH"], "TOKEN": token} | variables
        done = subprocess.run(
            ["bash", "-c", f"{call} -sS -w '\\n%{{http_code}}'"],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert not list(tmp_path.iterdir()), "the call did something else, too"
        body, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(body)

    return run


def shown(page):
    return page.context["curl"]


def made(job_id):
    job = Job.objects.get(id=job_id)
    return job.name, job.type, job.params, job.rerun_of_id


def lacking_by_default(job_type):
    """Where the form of the type refuses what it begins with."""
    try:
        parameters.validate(job_type, {})
    except InvalidParams as error:
        return {f"/params/{one.name}" for one in error.errors}
    return set()


@pytest.mark.parametrize("slug", sorted(one.slug for one in registry.all() if not one.from_list))
def test_the_call_of_a_form_as_it_opens_is_accepted_unless_its_defaults_are_not(
    exporter, run, slug
):
    exporter.user.is_superuser = True
    exporter.user.save()
    status, answer = run(shown(exporter.get(f"{LAUNCH}{slug}/")))
    lacking = lacking_by_default(registry.get(slug))
    assert status == (400 if lacking else 201), answer
    assert {one["pointer"] for one in answer.get("errors", [])} == lacking


@pytest.mark.parametrize("text", HOSTILE)
def test_the_call_makes_the_job_that_the_form_makes(exporter, run, make_type, text):
    make_type(slug="order", label="Order's", form=Order)
    filled = {"name": " ".join(re.sub(r"[\x00-\x1f\x7f]", "", text).split())}
    filled |= {
        "params-text": text,
        "params-times": "3",
        "params-price": "1.50",
        "params-urgent": "on",
    }
    filled |= {"params-at": "2026-11-22T09:30", "params-kinds": ["a b", "'"]}
    filled |= {"params-extra": json.dumps({text: [text, None]})}
    status, answer = run(exporter.post(f"{LAUNCH}order/call/", filled).content.decode())
    assert status == 201, answer
    location = exporter.post(f"{LAUNCH}order/", filled).headers["Location"]
    assert made(answer["id"]) == made(location.split("/")[-3])


def test_the_same_call_twice_makes_one_job_and_a_changed_one_another(exporter, run, make_type):
    make_type(slug="order", form=Order)
    once = re.search(
        r'name="once" value="([^"]+)"', exporter.get(f"{LAUNCH}order/").content.decode()
    )[1]
    calls = [
        exporter.post(
            f"{LAUNCH}order/call/", {"once": once, "params-text": text, "params-times": "1"}
        )
        for text in ("a", "a", "b")
    ]
    first, second, third = (run(call.content.decode())[1]["id"] for call in calls)
    assert first == second != third


@pytest.mark.parametrize("text", HOSTILE)
def test_the_call_to_launch_again_sends_what_was_changed(exporter, run, make_type, text):
    make_type(slug="order", form=Order)
    params = {
        "text": text,
        "times": 1,
        "price": "1.5",
        "at": None,
        "kinds": [],
        "extra": None,
        "urgent": False,
    }
    job = make_job(
        type="order", status=Status.FAILED, params=params, name="Mine", created_by=exporter.user
    )
    page = exporter.get(f"{LAUNCH}order/?again={job.pk}")
    assert f"/api/v1/jobs/{job.pk}/rerun/" in shown(page)
    status, answer = run(shown(page))
    assert (status, made(answer["id"])) == (201, ("Mine", "order", params, job.pk))
    typed = {"params-text": text, "params-times": "7", "params-price": "1.5"}
    call = exporter.post(f"{LAUNCH}order/call/?again={job.pk}", typed).content.decode()
    assert json.loads(re.search(r"-d '(.*)'", call, re.DOTALL)[1]) == {"params": {"times": 7}}
    status, answer = run(call)
    assert (status, made(answer["id"])) == (201, ("Mine", "order", params | {"times": 7}, job.pk))


def test_secrets_are_variables_of_the_shell_and_never_shown(exporter, run, make_type):
    make_type(slug="login", form=Login, secret_fields=("password", "pin"))
    typed = {"name": "x", "params-host": "h", "params-password": "hunter2", "params-pin": "4711"}
    call = exporter.post(f"{LAUNCH}login/call/", typed).content.decode()
    assert "hunter2" not in call
    assert "4711" not in call
    status, answer = run(call, SECRET_PASSWORD="it's $HOME", SECRET_PIN="12")
    assert status == 201, answer
    assert Job.objects.get().params == {"host": "h", "password": "it's $HOME", "pin": 12}


def test_a_secret_that_stays_as_it_was_is_left_out_of_the_call_to_launch_again(
    exporter, run, make_type
):
    make_type(slug="login", form=Login, secret_fields=("password", "pin"))
    params = {"host": "a", "password": "hunter2", "pin": 4711}
    job = make_job(type="login", status=Status.FAILED, params=params, created_by=exporter.user)
    typed = {"params-host": "b", "params-password": "", "params-pin": ""}
    call = exporter.post(f"{LAUNCH}login/call/?again={job.pk}", typed).content.decode()
    assert "SECRET" not in call
    assert "****" not in call
    status, answer = run(call)
    assert (status, made(answer["id"])[2]) == (201, params | {"host": "b"})
