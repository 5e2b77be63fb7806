"""Params are stored as they were sent and cleaned once: every Django field, both doors, launched and again."""

import json
from datetime import date, time, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.core.validators import MaxLengthValidator
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jobs import checks, parameters, services
from jobs.admin.launch import params_form
from jobs.engine.worker.tasks import execute
from jobs.models import Job, Status
from tests.services.conftest import caller_for
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "lifecycle"])

LAUNCH = "/admin/jobs/job/launch/cleaned/"
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
WORD = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
NUMBERS = [(1, "One"), (2, "Two")]


class Tags(forms.Field):
    """A field of an author's own that makes a list of a text."""

    def to_python(self, value):
        return value.split(",")


def once(value):
    """What an odd clean_x makes of a value: something else each time it is called again."""
    return ["cleaned", json.dumps(value, sort_keys=True, default=repr)]  # jsonb sorts the keys of objects


def when(value):
    return value.isoformat(timespec="seconds")


# Each kind of field, values for it as JSON, and how a browser writes them.
KINDS = {
    "char": (lambda: forms.CharField(required=False), TEXT, str),
    "char_none": (lambda: forms.CharField(required=False, empty_value=None), TEXT, str),
    "char_kept": (lambda: forms.CharField(required=False, strip=False), TEXT, str),
    "slug": (forms.SlugField, WORD, str),
    "regex": (lambda: forms.RegexField("^[a-z]+$"), WORD, str),
    "email": (forms.EmailField, WORD.map("{}@example.org".format), str),
    "url": (lambda: forms.URLField(assume_scheme="https"), WORD.map("https://example.org/{}".format), str),
    "url_bare": (lambda: forms.URLField(assume_scheme="https"), WORD.map("example.org/{}".format), str),
    "ip": (
        lambda: forms.GenericIPAddressField(unpack_ipv4=True),
        st.ip_addresses().map(str) | st.just("::ffff:10.0.0.1"),
        str,
    ),
    "uuid": (forms.UUIDField, st.uuids().map(str), str),
    "uuid_bare": (forms.UUIDField, st.uuids().map(lambda one: one.hex), str),
    "combo": (
        lambda: forms.ComboField(fields=[forms.CharField(max_length=9), forms.SlugField()]),
        WORD,
        str,
    ),
    "tags": (Tags, WORD.map("{},b".format), str),
    "integer": (forms.IntegerField, st.integers(-(10**12), 10**12), str),
    "float": (
        forms.FloatField,
        st.floats(allow_nan=False, allow_infinity=False).map(lambda v: v + 0.0),
        repr,
    ),
    "decimal": (
        lambda: forms.DecimalField(max_digits=12),
        st.decimals(-(10**6), 10**6, places=2).map(str) | st.integers(0, 99),
        str,
    ),
    "boolean": (
        lambda: forms.BooleanField(required=False),
        st.booleans(),
        lambda v: "on" if v else None,
    ),
    "null_boolean": (
        forms.NullBooleanField,
        st.none() | st.booleans(),
        lambda v: {None: "unknown", True: "true", False: "false"}[v],
    ),
    "choice": (lambda: forms.ChoiceField(choices=[("a", "A"), ("b", "B")]), st.sampled_from("ab"), str),
    "choice_int": (
        lambda: forms.TypedChoiceField(choices=NUMBERS, coerce=int),
        st.sampled_from(["1", "2", 1, 2]),
        str,
    ),
    "choice_bool": (
        lambda: forms.TypedChoiceField(
            choices=[(True, "Yes"), (False, "No")], coerce=lambda text: text == "True"
        ),
        st.sampled_from([True, False, "True", "False"]),
        str,
    ),
    "choice_tenfold": (
        lambda: forms.TypedChoiceField(choices=NUMBERS, coerce=lambda text: 10 * int(text)),
        st.sampled_from(["1", "2"]),
        str,
    ),
    "choice_empty": (
        lambda: forms.TypedChoiceField(choices=NUMBERS, coerce=int, required=False, empty_value=None),
        st.sampled_from([None, "1"]),
        lambda v: v or "",
    ),
    "choices": (
        lambda: forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False),
        st.lists(st.sampled_from("ab"), max_size=2, unique=True).map(sorted),
        list,
    ),
    "choices_int": (
        lambda: forms.TypedMultipleChoiceField(choices=NUMBERS, coerce=int, required=False),
        st.lists(st.sampled_from(["1", "2", 1]), max_size=2, unique_by=str).map(lambda v: sorted(v, key=str)),
        lambda v: [str(one) for one in v],
    ),
    "date": (forms.DateField, st.dates().map(lambda one: one.isoformat()), str),
    "date_german": (
        lambda: forms.DateField(input_formats=["%d.%m.%Y"]),
        st.dates(date(1900, 1, 1)).map(lambda one: one.isoformat()),
        str,
    ),
    "time": (forms.TimeField, st.times().map(when), str),
    "time_twelve": (
        lambda: forms.TimeField(input_formats=["%I:%M %p"]),
        st.times().map("{:%H:%M}".format),
        str,
    ),
    "datetime": (
        forms.DateTimeField,
        st.datetimes(timezone.datetime(1971, 1, 1), timezone.datetime(2200, 1, 1)).map(
            lambda one: when(one) + "Z"
        ),
        lambda v: v.removesuffix("Z"),
    ),
    "duration": (
        forms.DurationField,
        st.timedeltas(-timedelta(9999), timedelta(9999)).map(str)
        | st.sampled_from(["0:00:00", "90", "P1DT2H"]),
        str,
    ),
    "json": (
        lambda: forms.JSONField(required=False),
        st.recursive(
            st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
            max_leaves=5,
        ),
        lambda v: json.dumps(v),
    ),
    "json_decimal": (
        lambda: forms.JSONField(decoder=DecimalDecoder),
        st.just({"price": 1.5}),
        lambda v: json.dumps(v),
    ),
    "row": (lambda: forms.ModelChoiceField(Group.objects.all()), st.sampled_from([901, "901", 902]), str),
    "row_by_name": (
        lambda: forms.ModelChoiceField(Group.objects.all(), to_field_name="name"),
        st.sampled_from(["first", "second"]),
        str,
    ),
    "rows": (
        lambda: forms.ModelMultipleChoiceField(Group.objects.order_by("id"), required=False),
        st.lists(st.sampled_from([901, 902]), max_size=2, unique=True).map(sorted),
        lambda v: [str(one) for one in v],
    ),
    "rows_by_name": (
        lambda: forms.ModelMultipleChoiceField(Group.objects.order_by("id"), to_field_name="name"),
        st.just(["first", "second"]),
        list,
    ),
    "path": (
        lambda: forms.FilePathField(path="jobs", match=r".*\.py$"),
        st.just("jobs/apps.py"),
        str,
    ),
}


# How an author's form is filled where that is not how the browser's own inputs write it.
TYPED = {
    "date_german": lambda v: date.fromisoformat(v).strftime("%d.%m.%Y"),
    "time_twelve": lambda v: time.fromisoformat(v).strftime("%I:%M %p"),
}


class DecimalDecoder(json.JSONDecoder):
    def __init__(self, **options):
        super().__init__(**options, parse_float=Decimal)


def odd_form(kind):
    """A form with one field of the kind, whose clean_x and clean both do to a value what must not be done twice."""

    class Odd(forms.Form):
        x = KINDS[kind][0]()
        dropped = forms.CharField(required=False, validators=[MaxLengthValidator(5)])

        def clean_x(self):
            return once(self.cleaned_data["x"])

        def clean(self):
            cleaned = dict(self.cleaned_data)
            cleaned.pop("dropped", None)
            return cleaned | {"added": ["by clean", str(cleaned.get("x"))]}

    return Odd


@pytest.fixture
def groups():
    return [Group.objects.create(id=901, name="first"), Group.objects.create(id=902, name="second")]


@pytest.fixture
def boss():
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def got(make_type):
    """Registers a form as the type `cleaned`; gives a function that runs a job as the worker does."""
    calls = []

    def handler(job, **params):
        calls.append(params)

    def register(form, **options):
        return make_type(handler, slug="cleaned", label="Cleaned", form=form, **options)

    def run(job):
        calls.clear()
        running = make_job(type=job.type, params=Job.objects.get(id=job.id).params, status="PROCESSING")
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
def test_the_worker_cleans_what_was_sent_once_and_both_doors_store_the_same(kind, boss, make_type, groups):
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
        bound = parameters.bind(job_type, stored)
        assert bound == typed(form, kind, value)
        posted_form = params_form.of(boss, job_type, QueryDict(urlencode(posted(written(value)), True)))
        assert posted_form.is_valid(), posted_form.errors
        by_admin = parameters.validate(job_type, params_form.as_params(job_type, posted_form))
        assert parameters.bind(job_type, by_admin) == bound == posted_form.cleaned_data
        assert by_admin == stored

    each()


@pytest.mark.parametrize("kind", KINDS)
def test_the_handler_gets_what_the_form_made_launched_by_either_door_and_again(
    kind, boss, client, got, groups
):
    _, values, written = KINDS[kind]
    form = odd_form(kind)
    got.register(form)
    assert checks.check_job_types() == []
    client.force_login(boss)
    caller = caller_for(boss)

    @settings(max_examples=2, suppress_health_check=list(HealthCheck))
    @given(values)
    def each(value):
        by_api = services.submit(caller, type="cleaned", params={"x": value})
        by_admin = by_browser(client, written(value))
        again = services.rerun(caller, cancelled(caller, by_api).id)
        again_by_admin = again_in_the_admin(client, cancelled(caller, by_admin))
        shown_again = services.submit(caller, type="cleaned", params=by_admin.params)
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
            self.entries[attrs["name"]] = attrs.get("value", "on" if attrs["type"] == "checkbox" else "")
        elif tag == "select":
            self._select = attrs
        elif tag == "option" and "selected" in attrs:
            self._choose(attrs["value"])
        elif tag == "textarea":
            self._area = attrs["name"]
            self.entries[self._area] = ""

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.entries[self._area] = self.entries[self._area].removeprefix("\r").removeprefix("\n")
            self._area = None

    def handle_data(self, data):
        if self._area:
            self.entries[self._area] += data

    def _choose(self, value):
        name = self._select["name"]
        self.entries[name] = [*self.entries.get(name, []), value] if "multiple" in self._select else value
