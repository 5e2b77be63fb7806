"""Addresses that fill in a launch form: `?since=2026-11-01&format=csv`."""

import json
from html import unescape

import pytest
from django import forms
from django.contrib.auth.models import Group

from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)

LAUNCH = "/admin/jobs/job/launch/"


class Everything(forms.Form):
    since = forms.DateTimeField()
    day = forms.DateField(required=False)
    size = forms.ChoiceField(choices=[("s", "Small"), ("l", "Large")], initial="s")
    colours = forms.MultipleChoiceField(choices=[("r", "Red"), ("b", "Blue")], required=False)
    is_dry = forms.BooleanField(required=False, initial=True)
    times = forms.IntegerField(initial=1, min_value=1, max_value=9)
    data = forms.JSONField(required=False)
    team = forms.ModelChoiceField(Group.objects.all(), required=False)
    password = forms.CharField(required=False)
    fixed = forms.CharField(disabled=True, initial="f", required=False)

    def clean_times(self):
        if self.cleaned_data["times"] == 4:
            raise forms.ValidationError("Not four.")
        return self.cleaned_data["times"]


@pytest.fixture(autouse=True)
def everything(make_type, redis):
    return make_type(slug="all", label="All fields", form=Everything, secret_fields=("password",))


def opened(client, query):
    page = client.get(f"{LAUNCH}all/?{query}")
    assert page.status_code == 200
    return page


def faults(page):
    return [unescape(str(message)) for message in page.context["messages"]]


def test_each_kind_of_field_is_filled_in_and_launched_as_shown(operator):
    team = Group.objects.create(name="Red")
    query = (
        "since=2026-11-01T10:30&day=2026-11-02&size=l&colours=r&colours=b&is_dry=no&times=3"
        f"&data=%7B%22a%22%3A1%7D&team={team.pk}&name=Monthly"
    )
    page = opened(operator, query)
    assert faults(page) == []
    filled = page.context["params_form"]
    sent = {"name": page.context["name_form"]["name"].value()}
    for field in filled:
        value = field.field.widget.format_value(field.value())
        if field.name not in ("is_dry", "fixed"):
            sent[field.html_name] = "" if value is None else value
    assert 'value="2026-11-01T10:30:00"' in page.content.decode()
    assert "checked" not in str(filled["is_dry"])
    body = json.loads(page.context["curl"].split("-d '")[1].rstrip("'"))
    operator.post(f"{LAUNCH}all/?{query}", sent)
    job = Job.objects.get()
    assert job.name == "Monthly" == body["name"]
    assert job.params | {"password": ""} == body["params"] | {"fixed": "f", "password": ""}
    assert job.params == {
        "since": "2026-11-01T10:30:00Z",
        "day": "2026-11-02",
        "size": "l",
        "colours": ["r", "b"],
        "is_dry": False,
        "times": 3,
        "data": {"a": 1},
        "team": team.pk,
        "password": "",
        "fixed": "f",
    }


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("bogus=1", "“bogus”: The form has no such parameter."),
        ("%E2%80%AEx=1", "“[U+202E]x”: The form has no such parameter."),
        ("since=yesterday", "Since: Must be a date and time with a zone"),
        ("times=99", "Times: Ensure this value is less than or equal to 9."),
        ("times=4", "Times: Not four."),
        ("times=1&times=2", "Times: It is given more than once."),
        ("size=xl", "Size: Select a valid choice."),
        ("is_dry=maybe", "Is dry: Must be true or false."),
        ("data=%7B", "Data: Must be any JSON value."),
        ("team=77", "Team: Select a valid choice."),
        ("team=x%00", "Team: "),
        ("password=hunter2", "Password: A secret is not taken from an address"),
        ("fixed=g", "Fixed: It cannot be changed."),
        ("name=a%0Ab", "“name”: "),
        ("size=l%00", "Size: "),
    ],
)
def test_what_cannot_be_filled_in_is_named_and_the_rest_is_filled_in(operator, query, fault):
    page = opened(operator, f"{query}&day=2026-11-02")
    [text] = faults(page)
    assert text.startswith("Not filled in from the address: ")
    assert fault in text
    assert 'value="2026-11-02"' in page.content.decode()
    assert "hunter2" not in page.content.decode()


def test_only_the_first_faults_are_named(operator):
    [text] = faults(opened(operator, "&".join(f"x{number}=1" for number in range(50))))
    assert text.endswith("“x4”: The form has no such parameter. And 45 more.")


def test_the_params_of_a_job_and_those_of_the_address_fill_in_one_form(operator):
    params = {"since": "2026-11-01T10:30:00Z", "size": "l", "times": 2}
    job = make_job(type="all", status=Status.FAILED, params=params)
    page = opened(operator, f"again={job.pk}&times=5&name=x")
    assert faults(page) == [
        "Not filled in from the address: “name”: The form has no such parameter."
    ]
    form = page.context["params_form"]
    assert (form["size"].value(), form["times"].value()) == ("l", 5)
    assert json.loads(page.context["curl"].split("-d '")[1].rstrip("'")) == {"params": {"times": 5}}


def test_a_choice_that_needs_a_right_which_the_user_lacks_is_not_filled_in(client):
    launcher = people.sign_in(client, people.launcher())
    page = launcher.get(f"{LAUNCH}export/?model=auth.user")
    [text] = faults(page)
    assert "You lack the permission auth.view_user." in text


def test_a_sent_form_ignores_the_address(operator):
    sent = {"name": "x", "params-since": "2026-11-01T10:30", "params-size": "s"}
    operator.post(f"{LAUNCH}all/?times=5&bogus=1", sent | {"params-times": "2"})
    assert Job.objects.get().params["times"] == 2
