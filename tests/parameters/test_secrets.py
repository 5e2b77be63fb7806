"""Secrets are not shown: tokens are stored as digests, secret params are masked everywhere."""

import json
import re
from itertools import product
from urllib.parse import quote

import pytest
from django import forms
from django.db import connection
from django.test import Client
from django_celery_results.models import TaskResult
from rest_framework.test import APIClient

from jobs import services
from jobs.engine.worker.execution import execute
from jobs.engine.worker.tasks import write_outcome
from jobs.errors import InvalidParams
from jobs.models import ApiToken, Status
from tests.support import people
from tests.support.factories import make_job, make_user
from tests.support.people import caller_for
from tests.types.exports import run_export

CANARY = "c4n4ry-in-the-mine"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


class Login(forms.Form):
    host = forms.CharField()
    password = forms.CharField()


def dump():
    """Every value of every table, as text, with the name of its column."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [f"{table}.{column.name}" for column in cursor.description]
            for row in cursor.fetchall():
                yield from zip(columns, map(str, row), strict=True)


def test_a_dump_of_the_database_holds_no_usable_token():
    _, token = ApiToken.objects.create(make_user(), name="test")
    assert APIClient(HTTP_AUTHORIZATION=f"Token {token}").get("/api/v1/jobs/").status_code == 200
    found = {value for _, value in dump()}
    assert not [value for value in found if token in value or token[len(token) // 2 :] in value]
    words = {value for value in found if re.fullmatch(r"[!-~]{8,}", value)}
    kept = ApiToken.objects.get()
    words |= {f"{one}{other}" for one, other in product([kept.token_key, kept.digest], repeat=2)}
    assert {kept.token_key, kept.digest} <= words
    for word in words:
        assert (
            APIClient(HTTP_AUTHORIZATION=f"Token {word}").get("/api/v1/jobs/").status_code == 401
        ), word


def test_a_secret_param_is_seen_nowhere_although_the_handler_trips_over_it(make_type):
    def run(job, host, password):
        job.log(f"signing in to {host} with {password}")
        job.progress(1, 2, f"with {password}")
        raise ConnectionError(f"{host} does not know {password}")

    make_type(run, slug="login", label="Login", form=Login, secret_fields=("password",))
    boss = people.superuser()
    params = {"host": "db", "password": CANARY}
    job = make_job(type="login", status="PROCESSING", params=params, created_by=boss)
    write_outcome(job, execute(job))
    shown = dict(_shown(job, boss))
    assert "db does not know ********" in shown["/api/v1/jobs/{id}/"]
    assert "with ********" in shown["/api/v1/jobs/{id}/logs/"]
    assert [where for where, text in shown.items() if CANARY in text] == []
    assert {column for column, value in dump() if CANARY in value} == {"jobs_job.params"}


@pytest.mark.parametrize("spell", [str, repr, json.dumps, quote, lambda text: quote(text, safe="")])
def test_a_secret_is_hidden_however_an_error_spells_it(make_type, spell):
    secret = 'it\'s "c4n4ry"/\\mine'

    def run(job, host, password):
        raise ConnectionError(f"no luck with {spell(password)} at {host}")

    make_type(run, slug="login", label="Login", form=Login, secret_fields=("password",))
    outcome = execute(
        make_job(type="login", status="PROCESSING", params={"host": "db", "password": secret})
    )
    assert "********" in outcome.error_message
    assert "c4n4ry" not in outcome.error_message + outcome.error_traceback


def _shown(job, boss):
    """Yield each page, answer and export that shows a job, with its address."""
    browser = Client()
    browser.force_login(boss)
    results = "/admin/django_celery_results/taskresult/"
    result = TaskResult.objects.get(task_id=str(job.id))
    for path in (
        *(
            "/api/v1/jobs/",
            "/api/v1/jobs/{id}/",
            "/api/v1/jobs/{id}/logs/",
            "/api/v1/jobs/{id}/events/",
        ),
        *("/api/v1/jobs/stats/", "/admin/", "/admin/jobs/job/", "/admin/jobs/job/{id}/change/"),
        *("/admin/jobs/job/{id}/live/", "/admin/jobs/job/{id}/log/"),
        *("/admin/jobs/job/launch/login/?again={id}", f"{results}?q={{id}}"),
        f"{results}{result.pk}/change/",
    ):
        answer = browser.get(path.format(id=job.id), follow=True)
        assert answer.status_code == 200, path
        yield path, answer.getvalue().decode()
    for format in ("csv", "jsonl"):
        for model in ("jobs.job", "django_celery_results.taskresult"):
            yield (
                f"export of {model} as {format}",
                run_export(boss, model=model, format=format)[1].decode(),
            )


class Secretive(forms.Form):
    """The form changes its secrets, so that the handler gets others than were sent."""

    password = forms.CharField()
    pins = forms.CharField(required=False)
    options = forms.JSONField(required=False)

    def clean_password(self):
        return f"{self.cleaned_data['password'].upper()}-salted"

    def clean_pins(self):
        return self.cleaned_data["pins"].split(",")


def test_a_secret_is_hidden_as_it_was_sent_and_as_the_handler_knows_it(make_type):
    def run(job, password, pins, options):
        raise ValueError(f"{password} hunter2 {pins} {options}")

    secret = ("password", "pins", "options")
    make_type(run, slug="secretive", form=Secretive, secret_fields=secret)
    params = {"password": " hunter2 ", "pins": "1234,5678", "options": {"key": ["c4n4ry", 987654]}}
    outcome = execute(make_job(type="secretive", status=Status.PROCESSING, params=params))
    shown = outcome.error_message + outcome.error_traceback
    assert not [
        part
        for part in ("hunter2", "HUNTER2", "salted", "1234", "5678", "c4n4ry", "987654")
        if part in shown
    ]


def test_anothers_secret_is_kept_where_the_same_is_sent_in_another_spelling(make_type):
    class Order(forms.Form):
        at = forms.DateTimeField()
        price = forms.DecimalField()
        kinds = forms.MultipleChoiceField(choices=[(1, "One")])
        options = forms.JSONField()
        password = forms.CharField()

    kind = make_type(form=Order, secret_fields=("password",))
    owner, other = (make_user("jobs.add_job", "jobs.view_job") for _ in range(2))
    rest = {"at": "2026-11-22T09:30:00Z", "price": "1.5", "kinds": ["1"], "options": {"a": 1}}
    params = rest | {"password": "hunter2"}
    job = make_job(type=kind.slug, params=params, status=Status.FAILED, created_by=owner)
    same = {"at": "2026-11-22T10:30:00+01:00", "price": 1.5, "kinds": [1]}
    assert services.rerun(caller_for(other), job.id, same).job.params == params
    for changed in ({"at": "2026-11-22T10:30:00Z"}, {"price": 2}, {"options": {"a": True}}):
        with pytest.raises(InvalidParams, match="password: Enter it again"):
            services.rerun(caller_for(other), job.id, changed)
