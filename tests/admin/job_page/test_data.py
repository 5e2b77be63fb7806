"""Parameters and result on a job's page."""

import pytest
from django import forms

from jobs.admin.job_page import data
from jobs.models import Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db


class Sales(forms.Form):
    since = forms.DateField(label="From")
    region = forms.CharField(label="Sales region", required=False)
    limit = forms.IntegerField(required=False)
    customer_id = forms.IntegerField(required=False)


def test_parameters_are_in_the_forms_order_as_entered_with_the_empty_ones_folded(viewer, make_type):
    make_type(slug="sales", form=Sales)
    params = {"customer_id": 123456, "limit": 25000, "region": "", "since": "2026-11-01", "z": 1}
    found = data.parameters_of(make_job(type="sales", params=params))
    assert [(row.name, row.value) for row in found.rows] == [
        ("From", "2026-11-01"),
        ("Limit", "25000"),
        ("Customer id", "123456"),
        ("z", "1"),
    ]
    assert [row.name for row in found.empty] == ["Sales region"]


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_the_zone_of_the_reader_lacks_is_shown_as_text(viewer, text):
    job = make_job(status=Status.COMPLETED, params={"until": text}, result={"until": text})
    viewer.cookies["zone"] = "Asia/Tokyo"
    page = viewer.get(f"/admin/jobs/job/{job.pk}/change/")
    assert page.status_code == 200
    assert text in page.content.decode()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rows", 12345, "12,345"),
        ("customer_id", 12345, "12345"),
        ("year", 2026, "2026"),
        ("fiscal_year", 2026, "2026"),
        ("total", 1234.5, "1,234.5"),
        ("done", True, "Yes"),
        ("file_bytes", 3_000_000, "2.9\xa0MB"),
        ("order_ids", [10001, 10002], None),
    ],
)
def test_amounts_are_grouped_and_ids_and_years_are_not(name, value, text):
    found = data.result_of(make_job(status=Status.COMPLETED, result={name: value}))
    assert [row.value for row in found.rows] == ([text] if text else [])


def test_a_rerun_shows_the_old_values_beside_the_changed_ones(viewer, make_type):
    make_type(slug="sales", form=Sales, secret_fields=("region",))
    old = {"since": "2026-10-01", "limit": 5, "region": "one secret"}
    first = make_job(type="sales", params=old, status=Status.FAILED)
    new = old | {"since": "2026-11-01", "limit": None, "region": "another secret"}
    again = make_job(type="sales", params=new, rerun_of=first)
    rows = data.parameters_of(again, first).rows
    assert [(row.name, row.value, row.was) for row in rows[:1]] == [
        ("From", "2026-11-01", "2026-10-01")
    ]
    assert ("Limit", "5") in [(row.name, row.was) for row in rows]
    page = viewer.get(f"/admin/jobs/job/{again.pk}/change/").content.decode()
    assert "was 2026-10-01" in page
    assert "secret" not in page.replace("secret_fields", "")
