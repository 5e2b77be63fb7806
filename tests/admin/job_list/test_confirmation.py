"""The confirmation page of bulk actions: exact counts, age, counting in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import services
from jobs.admin.job_list import confirmation
from jobs.models import Status
from tests.admin.job_list.bulk_steps import LIST, ask, statuses, waiting
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


def test_an_old_confirmation_page_is_shown_again(operator):
    jobs = waiting(3)
    form = ask(operator) | {"as_of": (timezone.now() - timedelta(hours=2)).isoformat()}
    page = operator.post(LIST, form).content.decode()
    assert "Cancel 3 jobs?" in page
    assert statuses(jobs) == ["PENDING"] * 3


def test_the_confirmation_page_counts_ten_thousand_and_one_jobs_exactly(operator):
    waiting(10_001)
    assert (
        "Cancel 10,001 jobs?"
        in operator.post(LIST, ask(operator) | {"confirmed": ""}).content.decode()
    )


def test_the_confirmation_page_says_what_happens_to_running_jobs(operator):
    waiting(12)
    make_job(status=Status.PROCESSING)
    sent = {"action": "cancel", "_selected_action": [str(make_job().pk)], "select_across": 1}
    page = " ".join(operator.post(LIST, sent).content.decode().split())
    assert '<strong>13</strong> <span class="quiet">will be cancelled</span>' in page
    assert '<strong>1</strong> <span class="quiet">will be asked to stop</span>' in page
    assert "and 4 more" in page


@pytest.mark.parametrize("action", services.ACTIONS, ids=lambda action: action.name)
def test_jobs_that_cannot_be_counted_in_time_are_not_changed(admin_client, action, monkeypatch):
    monkeypatch.setattr(confirmation.stats, "counts_in_time", lambda *arguments: None)
    sent = {"action": action.name, "_selected_action": [str(make_job().pk)], "select_across": 1}
    page = admin_client.post(LIST, sent).content.decode()
    assert "took more than 5 seconds" in page
    assert 'type="submit" class="button' not in page.split('class="panel narrow"')[1]


def test_a_confirmation_of_no_job_asks_nothing(operator):
    sent = {"action": "acknowledge", "_selected_action": [str(make_job().pk)]}
    page = operator.post(LIST, sent).content.decode()
    assert "No selected job can be acknowledged" in page
    assert "0 jobs" not in page
