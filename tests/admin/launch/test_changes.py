"""The form of "Launch again with changes": old values beside changed ones, and another name."""

import re

import pytest
from django import forms

from jobs.models import Job, Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


class Stock(forms.Form):
    depot = forms.ChoiceField(choices=[("a", "Rotterdam"), ("b", "Utrecht")])
    days = forms.IntegerField()
    password = forms.CharField(required=False)


@pytest.fixture
def job(redis, make_type, operator):
    make_type(slug="stock", form=Stock, secret_fields=("password",))
    params = {"depot": "a", "days": 7, "password": "hunter2"}
    owner = {"created_by": operator.user, "created_by_name": "olga"}
    return make_job(name="Stock", type="stock", status=Status.FAILED, params=params, **owner)


def again(job):
    return f"/admin/jobs/job/launch/stock/?again={job.pk}"


def notes(page):
    """The former values on a page, and whether they are shown."""
    found = re.findall(r"data-was( hidden)?>Was: ([^<]*)<", page.content.decode())
    return {value: not hidden for hidden, value in found}


def test_the_former_value_stands_beside_a_changed_field(operator, job):
    assert notes(operator.get(again(job))) == {"Rotterdam": False, "7": False}
    sent = {"name": "Stock", "params-depot": "b", "params-days": ""}
    refused = operator.post(again(job), sent)
    assert notes(refused) == {"Rotterdam": True, "7": True}
    assert "hunter2" not in refused.content.decode()


def test_a_job_that_is_launched_again_takes_another_name_or_keeps_its_own(operator, job):
    sent = {"params-depot": "b", "params-days": "7"}
    operator.post(again(job), sent | {"name": "Stock of Utrecht"})
    assert Job.objects.get(rerun_of=job).name == "Stock of Utrecht"
    operator.post(again(job), sent | {"name": ""})
    assert set(Job.objects.filter(rerun_of=job).values_list("name", flat=True)) == {
        "Stock",
        "Stock of Utrecht",
    }


def test_the_api_call_has_the_name_only_if_it_differs(operator, job):
    call = f"/admin/jobs/job/launch/stock/call/?again={job.pk}"
    sent = {"params-depot": "a", "params-days": "7"}
    assert '"name"' not in operator.post(call, sent | {"name": "Stock"}).content.decode()
    assert '"name": "New"' in operator.post(call, sent | {"name": "New"}).content.decode()
