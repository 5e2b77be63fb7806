"""Why a job does not begin although a worker is free: a hold, or a limit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import explain, lifecycle
from jobs.models import HoldKind, SiteLimit
from tests.support.factories import make_hold, make_job, make_worker

pytestmark = pytest.mark.django_db


def test_a_job_on_hold_says_why_and_until_when():
    make_hold(until=timezone.now() + timedelta(days=2), reason="the disk is full")
    told = explain.explanation(make_job())
    assert told.sentence.startswith("On hold until 20")
    assert told.sentence.endswith(", by olga: the disk is full")
    assert told.eta_seconds is None


def test_a_hold_without_an_end_says_so():
    make_hold()
    assert explain.explanation(make_job()).sentence.startswith("On hold until it is released, by ")


def test_a_job_that_waits_for_room_says_how_many_wait_before_it():
    SiteLimit.objects.create(type="report", at_most=1)
    make_job(status="PROCESSING")
    first, second = make_job(), make_job()
    for job in (first, second):
        lifecycle.admit(job.id, types=["report"], limits={}, worker="w", pid=1)
    sentences = [explain.explanation(job).sentence for job in (first, second)]
    limit = "At most 1 job of this type may run at a time"
    assert sentences == [f"{limit}; it is the next one.", f"{limit}; 1 wait before it."]


def test_a_limit_by_a_parameter_names_it():
    SiteLimit.objects.create(type="report", at_most=2, by="customer")
    for _ in range(2):
        make_job(status="PROCESSING", params={"customer": "a"})
    sentence = explain.explanation(make_job(params={"customer": "a"})).sentence
    assert "2 jobs of this type with the same customer may run at a time" in sentence
    make_worker()
    assert "At most" not in explain.explanation(make_job(params={"customer": "b"})).sentence


def test_the_explanation_of_a_held_client_is_not_shared_with_others():
    make_worker()
    make_hold(kind=HoldKind.REQUESTER, value="name:ann", name="ann")
    held, other = make_job(created_by_name="ann"), make_job(created_by_name="ben")
    assert explain.recent_explanation(held).sentence.startswith("On hold")
    assert "ahead" in explain.recent_explanation(other).sentence
    assert explain.recent_explanation(held).sentence.startswith("On hold")
