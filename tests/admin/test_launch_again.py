"""What was left unchanged in "Launch again with changes" stays as it was stored, also where an input shows less."""

import re
from html import unescape

import pytest
from django import forms

from jobs.models import Job, Status
from tests.factories import make_job, make_user

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
def operator(client, redis, make_type, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    make_type(slug="period", form=Period)
    client.force_login(make_user("jobs.view_job", "jobs.add_job", is_staff=True))
    return client


def filled(form):
    """The form as a browser sends it: zero seconds left out, lines with CR and LF, values of text inputs as text."""
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
