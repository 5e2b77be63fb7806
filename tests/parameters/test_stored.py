"""Stored params: those that GET shows can be sent again; accepted ones can be launched again."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django import forms
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from jobs import parameters, services
from jobs.engine.worker.execution import execute
from jobs.errors import InvalidParams
from jobs.models import ApiToken, Job, Status
from tests.support import people
from tests.support.factories import make_job
from tests.support.people import caller_for

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])

numbers = itertools.count()


@pytest.fixture
def got(make_type):
    """Registers a form as a type; gives what its handler gets of stored params."""
    calls = []

    def register(form, **options):
        return make_type(
            lambda job, **params: calls.append(params), slug="stored", form=form, **options
        )

    def run(params):
        calls.clear()
        outcome = execute(make_job(type="stored", status=Status.PROCESSING, params=params))
        assert outcome.status == Status.COMPLETED, (outcome.error_message, outcome.error_traceback)
        return calls[0]

    run.register = register
    return run


def form_of(**fields):
    return type("Made", (forms.Form,), fields)


def failure(params):
    outcome = execute(make_job(type="stored", status=Status.PROCESSING, params=params))
    return outcome.error_code, outcome.error_message


class Everything(forms.Form):
    """One field of each way to be stored."""

    text = forms.CharField(required=False)
    at = forms.DateTimeField(required=False)
    price = forms.DecimalField(required=False)
    lasts = forms.DurationField(required=False, initial=timedelta(0))
    number = forms.TypedChoiceField(choices=[(1, "One"), (2, "Two")], coerce=int, initial=1)
    maybe = forms.NullBooleanField()
    group = forms.ModelChoiceField(Group.objects.all(), to_field_name="name", required=False)
    made = forms.IntegerField(initial=lambda: next(numbers))
    fixed = forms.IntegerField(initial=lambda: next(numbers), disabled=True)


def test_what_get_shows_can_be_posted(got):
    got.register(Everything)
    Group.objects.create(name="ops")
    _, token = ApiToken.objects.create(people.launcher(), name="test")
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    given = {
        "at": "2026-11-22T09:30:00+01:00",
        "price": 12.5,
        "number": 2,
        "group": "ops",
        "lasts": "0:00:00",
    }
    first = client.post("/api/v1/jobs/", {"type": "stored", "params": given}, format="json").json()
    shown = client.get(f"/api/v1/jobs/{first['id']}/").json()["params"]
    second = client.post("/api/v1/jobs/", {"type": "stored", "params": shown}, format="json")
    assert second.status_code == 201, second.content
    again = client.get(f"/api/v1/jobs/{second.json()['id']}/").json()["params"]
    assert again == shown | {"fixed": again["fixed"]}
    assert (shown["at"], shown["price"], shown["number"]) == ("2026-11-22T08:30:00Z", "12.5", "2")
    assert got(again) == got(shown) | {"fixed": again["fixed"]}


def test_a_callable_initial_is_called_at_the_launch_and_never_again(got):
    job_type = got.register(Everything)
    stored = parameters.validate(job_type, {})
    next(numbers)
    assert got(stored)["made"] == stored["made"]
    again = parameters.validate(job_type, {"made": 7, "fixed": 7}, kept=stored)
    assert (again["made"], again["fixed"]) == (7, stored["fixed"])


def test_a_disabled_field_gets_its_initial_value_whatever_is_sent(got):
    job_type = got.register(form_of(fixed=forms.IntegerField(initial=5, disabled=True)))
    assert got(parameters.validate(job_type, {"fixed": 7})) == {"fixed": 5}


def test_the_forms_own_prefix_changes_nothing(got):
    form = type("Prefixed", (forms.Form,), {"prefix": "own", "x": forms.CharField()})
    assert got(parameters.validate(got.register(form), {"x": "a"})) == {"x": "a"}


def test_a_clean_that_renames_fields_is_what_the_handler_gets(got):
    class Renaming(forms.Form):
        first, last = forms.CharField(), forms.CharField()

        def clean(self):
            return {"whole": " ".join(self.cleaned_data.values())}

    job_type = got.register(Renaming)
    stored = parameters.validate(job_type, {"first": "Ada", "last": "L."})
    assert stored == {"first": "Ada", "last": "L."}
    assert got(stored) == {"whole": "Ada L."}


@pytest.mark.parametrize("site", ["de", "en", "ar"])
def test_the_sites_language_and_separators_change_nothing(got, settings, site):
    settings.LANGUAGE_CODE = site
    settings.USE_THOUSAND_SEPARATOR = True
    fields = {
        "price": forms.DecimalField(localize=True),
        "share": forms.FloatField(localize=True),
        "count": forms.IntegerField(localize=True),
    }
    job_type = got.register(form_of(**fields))
    stored = parameters.validate(job_type, {"price": "12.500", "share": 0.125, "count": 12500})
    assert got(stored) == {"price": Decimal("12.500"), "share": 0.125, "count": 12500}


@pytest.mark.parametrize(
    ("field", "cleaned", "expected"),
    [
        (forms.TypedChoiceField(choices=[(1, "One")], coerce=int), 1, 1),
        (forms.TypedChoiceField(choices=[(True, "Yes")], coerce=lambda v: v == "True"), True, True),
        (
            forms.TypedMultipleChoiceField(choices=[(1, "One"), (2, "Two")], coerce=int),
            [1, 2],
            [1, 2],
        ),
        (forms.DurationField(), "0:00:00", timedelta(0)),
        (forms.DurationField(), "1 day, 2:00:00", timedelta(days=1, hours=2)),
        (
            forms.DateTimeField(),
            "2026-11-22T09:30:00+00:00",
            datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
        ),
        (forms.CharField(), 7, "7"),
        (forms.CharField(), 1.5, "1.5"),
        (forms.IntegerField(), "7", 7),
        (forms.FloatField(), "1.5", 1.5),
        (forms.DecimalField(), 5, Decimal(5)),
        (forms.BooleanField(required=False), None, False),
        (forms.JSONField(), {"a": [1]}, {"a": [1]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_job_that_an_older_version_stored_runs_and_can_be_launched_again(
    got, field, cleaned, expected
):
    """It stored the cleaned value, or the form has changed since."""
    got.register(form_of(x=field))
    assert got({"x": cleaned}) == {"x": expected}
    caller = caller_for(people.launcher())
    old = make_job(
        type="stored", status=Status.COMPLETED, params={"x": cleaned}, created_by=caller.user
    )
    assert got(services.rerun(caller, old.id).job.params) == {"x": expected}


def test_a_field_that_the_form_has_no_more_does_not_hinder_the_next_launch(got):
    got.register(form_of(x=forms.CharField(), new=forms.IntegerField(initial=3)))
    caller = caller_for(people.launcher())
    params = {"x": "a", "gone": [1, {"deep": None}]}
    old = make_job(type="stored", status=Status.FAILED, params=params, created_by=caller.user)
    assert services.rerun(caller, old.id).job.params == {"x": "a", "new": 3}


def test_a_list_that_an_older_clean_made_of_a_text_fails_with_a_sentence(got):
    got.register(form_of(emails=forms.CharField()))
    expected = ("invalid_params", "emails: Must be text.")
    assert failure({"emails": ["a@x.io", "b@x.io"]}) == expected


def test_a_row_that_was_deleted_fails_with_a_sentence_and_refuses_the_next_launch(got):
    job_type = got.register(form_of(group=forms.ModelChoiceField(Group.objects.all())))
    group = Group.objects.create(name="ops")
    stored = parameters.validate(job_type, {"group": str(group.pk)})
    assert stored == {"group": group.pk}, "as a number, however it was sent"
    assert got(stored) == {"group": group}
    group.delete()
    message = "group: Select a valid choice. That choice is not one of the available choices."
    assert failure(stored) == ("invalid_params", message)
    with pytest.raises(InvalidParams, match="Select a valid choice"):
        parameters.validate(job_type, {}, kept=stored)


def test_params_near_the_limit_can_be_launched_again(got):
    job_type = got.register(
        form_of(text=forms.CharField(), note=forms.CharField(initial="é" * 100))
    )
    with pytest.raises(InvalidParams, match="65,536 bytes"):
        parameters.validate(job_type, {"text": "x" * 65_400})
    stored = parameters.validate(job_type, {"text": "x" * 65_000})
    assert parameters.validate(job_type, {"note": "y" * 1000}, kept=stored)["note"] == "y" * 1000


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_does_not_have_are_refused(got, number):
    job_type = got.register(form_of(x=forms.JSONField()))
    with pytest.raises(InvalidParams, match="NaN or Infinity"):
        parameters.validate(job_type, {"x": [number]})


def test_nan_typed_into_a_form_is_refused_beside_it(got, client):
    got.register(form_of(x=forms.JSONField()))
    client.force_login(people.superuser())
    page = client.post("/admin/jobs/job/launch/stored/", {"name": "x", "params-x": "[NaN]"})
    assert "NaN or Infinity" in page.content.decode()
    assert not Job.objects.exists()


@pytest.mark.parametrize("seconds", [10**20, -(10**20)])
def test_a_duration_beyond_all_bounds_is_refused(got, seconds):
    job_type = got.register(form_of(x=forms.DurationField()))
    with pytest.raises(InvalidParams, match="x: Must be a duration"):
        parameters.validate(job_type, {"x": str(seconds)})


def test_a_form_with_disabled_and_null_fields_is_launched_in_the_admin_as_by_the_api(got, client):
    got.register(Everything)
    user = people.superuser()
    client.force_login(user)
    sent = {"number": "2", "maybe": "unknown", "made": "3", "lasts": "00:00:00", "fixed": "99"}
    page = client.post(
        "/admin/jobs/job/launch/stored/",
        {"name": "x"} | {f"params-{name}": v for name, v in sent.items()},
    )
    assert page.status_code == 302, page.context["params_form"].errors
    by_admin = Job.objects.get().params
    by_api = services.submit(
        caller_for(user), type="stored", params={"number": "2", "made": 3}
    ).job.params
    assert by_admin == by_api | {"fixed": by_admin["fixed"]}
    assert got(by_admin)["lasts"] == timedelta(0)
