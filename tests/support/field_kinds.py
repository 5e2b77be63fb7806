"""The kinds of Django form field with generated values, each to be cleaned exactly once."""

import json
from datetime import date, time, timedelta
from decimal import Decimal

from django import forms
from django.contrib.auth.models import Group
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
WORD = st.from_regex(r"[a-z]{1,8}", fullmatch=True)
NUMBERS = [(1, "One"), (2, "Two")]


class Tags(forms.Field):
    """A custom field that makes a list of a text."""

    def to_python(self, value):
        return value.split(",")


def once(value):
    """The value as an odd clean_x returns it: cleaning it twice shows."""
    # Sorted, as jsonb sorts the keys of objects.
    return ["cleaned", json.dumps(value, sort_keys=True, default=repr)]


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
    "url": (
        lambda: forms.URLField(assume_scheme="https"),
        WORD.map("https://example.org/{}".format),
        str,
    ),
    "url_bare": (
        lambda: forms.URLField(assume_scheme="https"),
        WORD.map("example.org/{}".format),
        str,
    ),
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
    "choice": (
        lambda: forms.ChoiceField(choices=[("a", "A"), ("b", "B")]),
        st.sampled_from("ab"),
        str,
    ),
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
        lambda: forms.TypedChoiceField(
            choices=NUMBERS, coerce=int, required=False, empty_value=None
        ),
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
        st.lists(st.sampled_from(["1", "2", 1]), max_size=2, unique_by=str).map(
            lambda v: sorted(v, key=str)
        ),
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
    "row": (
        lambda: forms.ModelChoiceField(Group.objects.all()),
        st.sampled_from([901, "901", 902]),
        str,
    ),
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


# How people fill in kinds that the browser's own inputs do not write.
TYPED = {
    "date_german": lambda v: date.fromisoformat(v).strftime("%d.%m.%Y"),
    "time_twelve": lambda v: time.fromisoformat(v).strftime("%I:%M %p"),
}


class DecimalDecoder(json.JSONDecoder):
    def __init__(self, **options):
        super().__init__(**options, parse_float=Decimal)


def odd_form(kind):
    """A form with one field of the kind; its clean_x and clean must each run only once."""

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
