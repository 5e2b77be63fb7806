"""The page of a bulk job that launched others again: the new jobs, and the failures they repeat."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from jobs.models import Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True)


def page_of(client, job):
    return client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()


def failed(minutes, **fields):
    ended = timezone.now() - timedelta(minutes=minutes)
    return make_job(status=Status.FAILED, created_at=ended, finished_at=ended, **fields)


def bulk(originals, filters="type=again", result=None, **fields):
    job = make_job(
        type="bulk_rerun",
        status=Status.COMPLETED,
        params={"filters": filters, "as_of": (timezone.now() - timedelta(minutes=5)).isoformat()},
        result=result or {"launched": len(originals), "skipped": 0, "failed": 0},
        **fields,
    )
    for one in originals:
        make_job(type="again", parent=job, rerun_of=one)
    return job


def address_of(page, text):
    found = re.search(rf'<a href="([^"]*)">{text}', page)
    return unescape(found[1]) if found else ""


def test_it_leads_to_the_new_jobs_and_acknowledges_the_failures_that_they_repeat(operator):
    originals = [failed(9, type="again") for _ in range(3)]
    failed(1, type="again")  # since then
    failed(9, type="other")
    page = page_of(operator, bulk([*originals, make_job(type="again", status=Status.COMPLETED)]))
    listed = operator.get(address_of(page, "Show the 4 new jobs")).context["cl"].result_list
    assert {job.rerun_of_id for job in listed} > {job.pk for job in originals}
    asked = operator.get(address_of(page, "Acknowledge the failures that they repeat"))
    assert "Acknowledge 3 jobs?" in asked.content.decode()


@pytest.mark.parametrize(
    "changes",
    [
        {"result": {"launched": 1, "skipped": 2, "failed": 0}},
        {"filters": "type=again&status=COMPLETED"},
        {"filters": "type=other"},
    ],
)
def test_it_offers_no_failures_of_which_some_were_not_repeated(operator, changes):
    page = page_of(operator, bulk([failed(9, type="again")], **changes))
    assert address_of(page, "Show the 1 new job<")
    assert not address_of(page, "Acknowledge the failures")


def test_who_may_not_acknowledge_is_not_offered_to(viewer):
    page = page_of(viewer, bulk([failed(9, type="again")]))
    assert address_of(page, "Show the 1 new job<")
    assert not address_of(page, "Acknowledge the failures")
