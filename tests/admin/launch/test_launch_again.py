"""Fields left alone in "Launch again with changes" keep their stored value exactly."""

import json
import re
from html import unescape

import pytest
from django import forms
from django.contrib.auth import get_user
from django.utils import timezone

from jobs.models import Job, Status
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

STORED = [
    "2026-11-22T09:30:00.123456Z",
    "2026-11-22T09:30:00Z",
    # 02:30 in Berlin, twice: in summer time, and an hour later in winter time.
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-10-25T01:30:59.999999Z",
    "1900-01-01T00:00:00Z",  # seconds off UTC, then
]


class Period(forms.Form):
    since = forms.DateTimeField()
    at = forms.TimeField(required=False)
    text = forms.CharField(required=False, widget=forms.Textarea)
    data = forms.JSONField(required=False)
    times = forms.IntegerField(initial=1)

    def clean(self):
        """Two fields together are checked as they were stored, not as they are shown."""
        if self.cleaned_data.get("times") == 9 and self.cleaned_data["since"].microsecond != 123456:
            raise forms.ValidationError("cut to seconds")


@pytest.fixture
def operator(operator, redis, make_type, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    make_type(slug="period", form=Period)
    return operator


def filled(form):
    """The form as a browser sends it: no zero seconds, line breaks as CR LF, values as text."""
    sent = {}
    for bound in form:
        value = bound.field.widget.format_value(bound.value())
        if value is None:
            continue
        if bound.name in ("since", "at"):
            value = re.sub(r"(\d\d:\d\d):00$", r"\1", value)
        sent[bound.html_name] = str(value).replace("\n", "\r\n")
    return sent


@pytest.mark.parametrize("since", STORED)
def test_an_unchanged_form_launches_the_same_again(operator, since):
    params = {"since": since, "at": "09:30:00.250000", "text": "two\nlines", "data": {"a": [1.0]}}
    params["times"] = 9 if "123456" in since else 1
    job = make_job(type="period", status=Status.FAILED, params=params)
    again = f"/admin/jobs/job/launch/period/?again={job.pk}"
    page = operator.get(again)
    answer = operator.post(again, filled(page.context["params_form"]))
    assert answer.status_code == 302, unescape(answer.content.decode())
    assert Job.objects.get(rerun_of=job).params == params


@pytest.mark.parametrize("since", STORED)
def test_a_change_beside_a_time_leaves_the_time_as_it_was(operator, since):
    params = {"since": since, "at": None, "text": "", "data": None, "times": 1}
    job = make_job(type="period", status=Status.FAILED, params=params)
    again = f"/admin/jobs/job/launch/period/?again={job.pk}"
    sent = filled(operator.get(again).context["params_form"]) | {"params-times": "7"}
    operator.post(again, sent)
    assert Job.objects.get(rerun_of=job).params == params | {"times": 7}


def test_a_changed_time_is_the_one_that_was_typed(operator):
    params = {"since": STORED[3], "at": "09:30:00.5", "text": "", "data": None, "times": 1}
    job = make_job(type="period", status=Status.FAILED, params=params)
    again = f"/admin/jobs/job/launch/period/?again={job.pk}"
    sent = filled(operator.get(again).context["params_form"])
    operator.post(again, sent | {"params-since": "2026-10-25T03:30", "params-at": "09:31"})
    made = Job.objects.get(rerun_of=job).params
    assert (made["since"], made["at"]) == ("2026-10-25T02:30:00Z", "09:31:00")


def test_a_refused_form_shows_the_time_as_it_was_typed_and_still_keeps_it(operator):
    params = {"since": STORED[0], "at": None, "text": "", "data": None, "times": 1}
    job = make_job(type="period", status=Status.FAILED, params=params)
    again = f"/admin/jobs/job/launch/period/?again={job.pk}"
    sent = filled(operator.get(again).context["params_form"])
    refused = operator.post(again, sent | {"params-times": "many"})
    assert 'value="2026-11-22T10:30:00"' in refused.content.decode()
    operator.post(again, sent | {"params-times": "9"})
    assert Job.objects.get(rerun_of=job).params == params | {"times": 9}


class Login(forms.Form):
    """A secret that the form checks and changes, alone and together with another field."""

    host = forms.CharField()
    password = forms.CharField()

    def clean_password(self):
        if len(self.cleaned_data["password"]) < 7:
            raise forms.ValidationError("too short")
        return f"{self.cleaned_data['password']}-salted"

    def clean(self):
        if self.cleaned_data.get("password") != "hunter2-salted":
            raise forms.ValidationError("no secret")


def test_a_secret_left_empty_is_there_for_the_forms_own_checks(operator, make_type):
    make_type(slug="login", form=Login, secret_fields=("password",))
    params = {"host": "a", "password": "hunter2"}
    owner = get_user(operator)
    mine = make_job(type="login", status=Status.FAILED, params=params, created_by=owner)
    again = f"/admin/jobs/job/launch/login/?again={mine.pk}"
    assert "hunter2" not in operator.get(again).content.decode()
    page = operator.post(again, {"params-host": "b", "params-password": ""})
    assert page.status_code == 302, page.context["params_form"].errors
    assert Job.objects.get(rerun_of=mine).params == {"host": "b", "password": "hunter2"}
    refused = operator.post(again, {"params-host": "", "params-password": ""})
    assert "hunter2" not in refused.content.decode()


def test_the_secret_of_another_account_is_not_given_to_the_forms_checks(operator, make_type):
    make_type(slug="login", form=Login, secret_fields=("password",))
    params = {"host": "a", "password": "hunter2"}
    theirs = make_job(type="login", status=Status.FAILED, params=params, created_by=make_user())
    page = operator.post(
        f"/admin/jobs/job/launch/login/?again={theirs.pk}",
        {"params-host": "b", "params-password": ""},
    )
    assert page.context["params_form"].errors
    assert not Job.objects.filter(rerun_of=theirs).exists()


def test_choices_are_offered_by_the_params_as_json(operator, make_type):
    seen = []

    class Export(forms.Form):
        table = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], initial="a")
        kinds = forms.MultipleChoiceField(choices=[(1, "One")], required=False)
        since = forms.DateTimeField(initial=lambda: timezone.now())

    def permission_for(params):
        seen.append(json.dumps(params))  # fails for what is no JSON
        return "auth.view_user" if params["table"] == "b" else None

    make_type(slug="tables", form=Export, permission_for=permission_for)
    form = operator.get("/admin/jobs/job/launch/tables/").context["params_form"]
    assert [value for value, _ in form.fields["table"].widget.choices] == ["a"]
    assert '"kinds": ["1"]' in "".join(seen)


class Columns(forms.Form):
    """Choices whose order counts, as for the columns of an export."""

    columns = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B"), ("c", "C")])


@pytest.mark.parametrize("stored", [["c", "a"], ["a", "c"], ["c", "a", "c"]])
def test_choices_keep_their_order_in_an_unchanged_form(operator, make_type, stored):
    make_type(slug="columns", form=Columns)
    job = make_job(type="columns", status=Status.COMPLETED, params={"columns": stored})
    again = f"/admin/jobs/job/launch/columns/?again={job.pk}"
    operator.post(again, {"params-columns": ["a", "c"]})  # as a browser sends them
    assert Job.objects.get(rerun_of=job).params == {"columns": stored}
    operator.post(again, {"params-columns": ["a", "b", "c"]})
    assert Job.objects.filter(rerun_of=job, params={"columns": ["a", "b", "c"]}).exists()
