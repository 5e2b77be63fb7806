"""Which forms get the user, and which rows a field of rows offers."""

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group

from jobs import parameters
from tests.parameters.regions import RegionForm
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


class PassesOn(RegionForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)


class NeedsUser(forms.Form):
    def __init__(self, user, **options):
        super().__init__(**options)


class Plain(forms.Form):
    region = forms.CharField()


class KeepsItToItself(Plain):
    def __init__(self, **options):
        super().__init__(**options)


class ClosesKwargs(RegionForm):
    def __init__(self, data=None, initial=None, prefix=None):
        super().__init__(data, initial=initial, prefix=prefix)


@pytest.mark.parametrize(
    ("form", "takes"),
    [
        (RegionForm, True),
        (PassesOn, True),
        (NeedsUser, True),
        (Plain, False),
        (KeepsItToItself, False),
        (ClosesKwargs, False),
    ],
)
def test_a_form_gets_the_user_if_its_init_or_one_that_it_calls_names_it(form, takes):
    assert parameters.takes_user(form) is takes


@pytest.mark.parametrize(
    ("limit", "offered"),
    [
        (lambda rows, user: rows.filter(name=user.username), ["a"]),
        (
            lambda rows, user: rows.filter(name=user.username).union(rows.filter(name="b")),
            ["a", "b"],
        ),
        (lambda rows, user: rows.order_by("-name")[:1], ["c"]),
        (lambda rows, user: rows.none(), []),
        (lambda rows, user: rows.order_by("-name"), ["a", "b", "c"]),
    ],
    ids=["filter", "union", "slice", "none", "order"],
)
def test_rows_are_those_that_the_admin_lists_however_it_leaves_out_others(
    monkeypatch, make_type, limit, offered
):
    class Team(forms.Form):
        team = forms.ModelChoiceField(Group.objects.filter(name__in="abc").order_by("name"))

    Group.objects.bulk_create(Group(name=name) for name in "abc")
    shown = admin.site._registry[Group]
    monkeypatch.setattr(
        shown, "get_queryset", lambda request: limit(Group.objects.all(), request.user)
    )
    form = parameters.make_form(make_type(form=Team), make_user(username="a"))
    assert [one.name for one in form.fields["team"].queryset] == offered
