"""The fields of a form belong to that form: what it changes in them reaches no other one."""

import copy
import hashlib
import inspect

import pytest
from django import forms
from django.contrib.auth import get_user_model

from jobs.parameters.field_copies import FIELD_COPIES, WIDGET_COPIES, CopiedFields

pytestmark = pytest.mark.django_db


class Remembering(forms.CharField):
    """Copied in a way of its own."""

    def __deepcopy__(self, memo):
        made = super().__deepcopy__(memo)
        made.copied = True
        return made


class Slotted(forms.CharField):
    """Copied by what it says of its state."""

    def __getstate__(self):
        return vars(self) | {"state": "own"}


class EveryForm(forms.Form):
    text = forms.CharField(max_length=5, error_messages={"required": "Say it."})
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    grouped = forms.ChoiceField(choices=[("group", [("a", "A")])])
    made = forms.ChoiceField(choices=lambda: [("a", "A")])
    several = forms.MultipleChoiceField(choices=[("a", "A")], widget=forms.CheckboxSelectMultiple)
    row = forms.ModelChoiceField(get_user_model().objects.all())
    at = forms.SplitDateTimeField()
    remembering = Remembering()
    slotted = Slotted()


def copies():
    return copy.deepcopy(CopiedFields(EveryForm.base_fields))


@pytest.mark.parametrize("name", EveryForm.base_fields)
def test_a_copy_has_what_the_copy_of_django_has(name):
    ours, theirs = copies()[name], copy.deepcopy(EveryForm.base_fields)[name]
    assert type(ours) is type(theirs)
    assert vars(ours).keys() == vars(theirs).keys()
    assert vars(ours.widget).keys() == vars(theirs.widget).keys()
    assert list(getattr(ours, "choices", [])) == list(getattr(theirs, "choices", []))


@pytest.mark.parametrize("name", EveryForm.base_fields)
def test_a_change_of_a_copy_stays_in_it(name):
    field = copies()[name]
    field.required = False
    field.error_messages["required"] = "changed"
    field.validators.append(print)
    field.widget.attrs["class"] = "changed"
    for other in (copies()[name], EveryForm.base_fields[name]):
        assert other.required
        assert other.error_messages["required"] != "changed"
        assert print not in other.validators
        assert other.widget.attrs.get("class") != "changed"


@pytest.mark.parametrize("name", ["choice", "grouped", "several"])
def test_a_choice_that_is_added_to_a_copy_stays_in_it(name):
    field = copies()[name]
    field.choices.append(("new", "New"))
    field.widget.choices.append(("other", "Other"))
    for other in (copies()[name], EveryForm.base_fields[name]):
        assert ("new", "New") not in other.choices
        assert ("other", "Other") not in other.widget.choices


def test_choices_of_a_group_that_a_copy_changes_stay_in_it():
    copies()["grouped"].choices[0][1].append(("new", "New"))
    assert EveryForm.base_fields["grouped"].choices == [("group", [("a", "A")])]


def test_django_copies_fields_as_it_did_when_ours_were_written():
    sources = "".join(map(inspect.getsource, (*FIELD_COPIES, *WIDGET_COPIES)))
    known = hashlib.sha256(sources.encode()).hexdigest()[:16]
    assert known == "bec66eb927f34c65", (
        "compare field_copies.py with Django's __deepcopy__, then set this"
    )
