"""Params over JSON: what the form accepts, refuses, completes and gives back."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django import forms
from jsonschema import Draft202012Validator

from jobs import parameters
from jobs.errors import InvalidParams


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
    bound = parameters.clean(every, stored)
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
        ("at", "0001-01-01T00:00:00+10:00"),
        ("at", ["2026-11-22T09:30:00Z"]),
        ("at", f"2026-11-22T09:30:00.{'1' * 60}Z"),
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
    assert parameters.mask(job_type, {"text": "hush", "count": 1}) == {
        "text": "********",
        "count": 1,
    }


def nested(levels):
    return {"a": nested(levels - 1)} if levels > 1 else {}


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"text": "\x00"}, "unstorable"),
        ({"text": "\ud800"}, "unstorable"),
        ({"extra": {"\x00": 1}}, "unstorable"),
        ({"\udfff": 1}, "unstorable"),
        ({"text": "é" * 33_000}, "too_large"),
        ({"extra": nested(32)}, "too_deep"),
        (nested(900), "too_deep"),
    ],
)
def test_what_cannot_be_stored_is_refused_whole(every, params, code):
    with pytest.raises(InvalidParams) as caught:
        parameters.validate(every, params)
    assert [(error.name, error.code) for error in caught.value.errors] == [("", code)]


def test_params_may_be_32_levels_deep(every):
    params = {"extra": nested(31)}
    assert parameters.validate(every, params)["extra"] == params["extra"]


def test_the_schema_says_what_the_form_takes(make_type):
    schema = parameters.json_schema(make_type(form=Every, label="Every", secret_fields=("text",)))
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == "Every"
    assert "required" not in schema
    assert schema["properties"]["count"] == {"type": "integer", "default": 3, "maximum": 9}
    assert schema["properties"]["kind"] == {"type": "string", "default": "a", "enum": ["a", "b"]}
    assert schema["properties"]["text"]["writeOnly"]
    validator = Draft202012Validator(schema)
    assert validator.is_valid({"kinds": ["a"], "text": None, "extra": {"x": 1}})
    for wrong in ({"kinds": ["c"]}, {"count": 10}, {"count": None}, {"nothing": 1}, {"kind": "c"}):
        assert not validator.is_valid(wrong)


def test_the_schema_names_what_has_no_default(make_type):
    class Needs(forms.Form):
        where = forms.CharField(max_length=5, label="Place", help_text="Where to look.")

    schema = parameters.json_schema(make_type(form=Needs))
    assert schema["required"] == ["where"]
    assert schema["properties"]["where"] == {
        "title": "Place",
        "description": "Where to look.",
        "type": "string",
        "maxLength": 5,
    }
