"""Params over JSON: what the form accepts, refuses, completes and gives back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms

from jobs import parameters
from jobs.parameters import InvalidParams


class Every(forms.Form):
    text = forms.CharField(required=False)
    count = forms.IntegerField(initial=3, max_value=9)
    share = forms.FloatField(required=False)
    price = forms.DecimalField(required=False)
    at = forms.DateTimeField(required=False)
    day = forms.DateField(required=False)
    flag = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], initial="a")
    kinds = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    extra = forms.JSONField(required=False)


@pytest.fixture
def every(make_type):
    return make_type(form=Every)


def test_missing_fields_get_their_initial_values(every):
    assert parameters.validate(every, {})["count"] == 3
    assert parameters.validate(every, {})["kind"] == "a"


def test_what_is_stored_binds_to_the_same_python_values(every):
    given = {
        "text": "é",
        "count": 4,
        "share": 0.5,
        "price": 12.10,
        "at": "2026-11-22T09:30:00.123456+01:00",
        "day": "2026-11-22",
        "flag": True,
        "kind": "b",
        "kinds": ["a", "b"],
        "extra": {"x": [1, None, "s"]},
    }
    stored = parameters.validate(every, given)
    bound = parameters.bind(every, stored)
    assert bound["at"] == datetime(2026, 11, 22, 8, 30, 0, 123456, tzinfo=UTC)
    assert bound["day"] == date(2026, 11, 22)
    assert bound["price"] == Decimal("12.1")
    assert bound["kinds"] == ["a", "b"]
    assert bound["extra"] == {"x": [1, None, "s"]}
    assert parameters.validate(every, stored) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 7),
        ("text", ["a"]),
        ("text", True),
        ("count", 7.0),
        ("count", "7"),
        ("count", True),
        ("count", 10),
        ("count", None),
        ("share", "0.5"),
        ("at", "2026-11-22T09:30:00"),
        ("at", "11/22/2026"),
        ("at", "2026-13-01T00:00:00Z"),
        ("at", 1763800000),
        ("at", ["2026-11-22T09:30:00Z"]),
        ("day", "22.11.2026"),
        ("day", "2026-02-30"),
        ("flag", "yes"),
        ("flag", 1),
        ("kind", "c"),
        ("kind", {"a": 1}),
        ("kinds", "a"),
        ("kinds", ["a", "c"]),
        ("nothing", 1),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(every, name, value):
    with pytest.raises(InvalidParams) as caught:
        parameters.validate(every, {name: value})
    assert [error.name for error in caught.value.errors] == [name]


def test_every_error_is_told_at_once(every):
    with pytest.raises(InvalidParams) as caught:
        parameters.validate(every, {"count": "x", "nothing": 1, "flag": 3})
    assert {error.name for error in caught.value.errors} == {"count", "nothing", "flag"}


def test_the_sites_language_does_not_change_the_meaning_of_json(every, settings):
    settings.LANGUAGE_CODE = "de"
    assert parameters.validate(every, {"price": "1.5"})["price"] == "1.5"


def test_secret_values_are_masked(make_type):
    job_type = make_type(form=Every, secret_fields=("text",))
    assert parameters.mask(job_type, {"text": "hush", "count": 1}) == {"text": "********", "count": 1}
