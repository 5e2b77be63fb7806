"""Params are stored as sent and cleaned once: every Django field, in API and admin, also rerun."""

import json
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from jobs import checks, parameters, services
from jobs.admin.launch import params_form
from jobs.engine.worker.execution import execute
from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job
from tests.support.field_kinds import (
    KINDS,
    TYPED,
    odd_form,
)
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

LAUNCH = "/admin/jobs/job/launch/cleaned/"


@pytest.fixture
def groups():
    return [Group.objects.create(id=901, name="first"), Group.objects.create(id=902, name="second")]


@pytest.fixture
def superuser():
    return people.superuser()


@pytest.fixture
def got(make_type):
    """Register a form as the type `cleaned`; return a function that runs a job as workers do."""
    calls = []

    def handler(job, **params):
        calls.append(params)

    def register(form, **options):
        return make_type(handler, slug="cleaned", label="Cleaned", form=form, **options)

    def run(job):
        calls.clear()
        running = make_job(
            type=job.type, params=Job.objects.get(id=job.id).params, status="PROCESSING"
        )
        outcome = execute(running)
        assert outcome.status == Status.COMPLETED, (outcome.error_message, outcome.error_traceback)
        [params] = calls
        return params

    run.register = register
    return run


def cancelled(caller, job):
    return services.cancel(caller, job.id)


def by_browser(client, text):
    page = client.post(LAUNCH, posted(text) | {"name": "x"})
    assert page.status_code == 302, page.context["params_form"].errors
    return Job.objects.latest("id")


def posted(text):
    return {} if text is None else {"params-x": text}


def typed(form, kind, value):
    """The cleaned_data of Django's own form, filled as its author would fill it."""
    text = TYPED.get(kind, KINDS[kind][2])(value)
    filled = form({} if text is None else {"x": text})
    assert filled.is_valid(), filled.errors
    return filled.cleaned_data


@pytest.mark.parametrize("kind", KINDS)
def test_the_worker_cleans_what_was_sent_once_and_both_doors_store_the_same(
    kind, superuser, make_type, groups
):
    _, values, written = KINDS[kind]
    form = odd_form(kind)
    job_type = make_type(form=form)
    schema = Draft202012Validator(parameters.json_schema(job_type))

    @settings(suppress_health_check=list(HealthCheck))
    @given(values)
    def each(value):
        stored = parameters.validate(job_type, {"x": value})
        assert schema.is_valid(stored), stored
        assert json.loads(json.dumps(stored)) == stored == parameters.validate(job_type, stored)
        assert parameters.validate(job_type, {}, kept=stored) == stored
        bound = parameters.clean(job_type, stored)
        assert bound == typed(form, kind, value)
        posted_form = params_form.make_params_form(
            superuser, job_type, QueryDict(urlencode(posted(written(value)), True))
        )
        assert posted_form.is_valid(), posted_form.errors
        by_admin = parameters.validate(job_type, params_form.params_of(job_type, posted_form))
        assert parameters.clean(job_type, by_admin) == bound == posted_form.cleaned_data
        assert by_admin == stored

    each()


@pytest.mark.parametrize("kind", KINDS)
def test_the_handler_gets_what_the_form_made_launched_by_either_door_and_again(
    kind, superuser, client, got, groups
):
    _, values, written = KINDS[kind]
    form = odd_form(kind)
    got.register(form)
    assert checks.check_job_types() == []
    client.force_login(superuser)
    caller = caller_for(superuser)

    @settings(max_examples=2, suppress_health_check=list(HealthCheck))
    @given(values)
    def each(value):
        by_api = services.submit(caller, type="cleaned", params={"x": value}).job
        by_admin = by_browser(client, written(value))
        again = services.rerun(caller, cancelled(caller, by_api).id).job
        again_by_admin = again_in_the_admin(client, cancelled(caller, by_admin))
        shown_again = services.submit(caller, type="cleaned", params=by_admin.params).job
        for job in (by_api, by_admin, again, again_by_admin, shown_again):
            assert got(job) == typed(form, kind, value)

    each()


def again_in_the_admin(client, job):
    """Launch a job again with the form as the browser shows it, unchanged."""
    address = f"{LAUNCH}?again={job.id}"
    shown = client.get(address).context["params_form"]
    page = client.post(address, as_browsers_send(shown))
    assert page.status_code == 302, page.context["params_form"].errors
    return Job.objects.get(rerun_of=job)


def as_browsers_send(form):
    """The entries of a form as its HTML has them."""
    page = Untouched()
    page.feed(str(form))
    return page.entries


class Untouched(HTMLParser):
    """Collects what a browser sends of an untouched form."""

    def __init__(self):
        super().__init__()
        self.entries = {}
        self._select = self._area = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "input" and (attrs.get("type") != "checkbox" or "checked" in attrs):
            self.entries[attrs["name"]] = attrs.get(
                "value", "on" if attrs["type"] == "checkbox" else ""
            )
        elif tag == "select":
            self._select = attrs
        elif tag == "option" and "selected" in attrs:
            self._choose(attrs["value"])
        elif tag == "textarea":
            self._area = attrs["name"]
            self.entries[self._area] = ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.entries[self._area] = (
                self.entries[self._area].removeprefix("\r").removeprefix("\n")
            )
            self._area = None

    def handle_data(self, data):
        if self._area:
            self.entries[self._area] += data

    def _choose(self, value):
        name = self._select["name"]
        self.entries[name] = (
            [*self.entries.get(name, []), value] if "multiple" in self._select else value
        )
