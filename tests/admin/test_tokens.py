"""API tokens in the admin: made, shown once, revoked; and Celery's outcomes, read-only."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django_celery_results.models import TaskResult

from jobs.models import ApiToken, Status
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db

TOKENS = "/admin/jobs/apitoken/"


def make_token(client, **entries):
    page = client.post(f"{TOKENS}add/", {"name": "warehouse", "days": "30"} | entries)
    found = re.search(r'<pre id="token"[^>]*>([^<]+)</pre>', page.content.decode())
    return page, found and found[1]


def test_a_token_is_shown_once_and_opens_the_api(operator, client):
    page, token = make_token(operator)
    assert "no-store" in page["Cache-Control"]
    made = ApiToken.objects.get()
    assert (made.name, made.user, round((made.expiry - made.created) / timedelta(days=1))) == (
        "warehouse",
        operator.user,
        30,
    )
    answer = client.get("/api/v1/jobs/", headers={"authorization": f"Token {token}"})
    assert answer.status_code == 200
    for address in (TOKENS, f"{TOKENS}{made.public_id}/requests/", "/admin/"):
        assert token not in operator.get(address).content.decode()
    assert token not in str(list(ApiToken.objects.values())), "the database holds its digest only"
    assert LogEntry.objects.get().change_message == "Made."


@pytest.mark.parametrize(
    "entries", [{"name": ""}, {"name": "\u200b"}, {"days": "0"}, {"days": "99999"}]
)
def test_a_token_without_a_name_or_for_ever_is_refused(operator, entries):
    assert make_token(operator, **entries)[1] is None
    assert not ApiToken.objects.exists()


def test_a_revoked_token_opens_nothing(operator, client):
    _, token = make_token(operator)
    made = ApiToken.objects.get()
    assert b"Revoke" in operator.get(f"{TOKENS}{made.pk}/delete/").content
    operator.post(f"{TOKENS}{made.pk}/delete/", {"post": "yes"})
    assert (
        client.get("/api/v1/jobs/", headers={"authorization": f"Token {token}"}).status_code == 401
    )


def test_nobody_but_a_superuser_sees_the_tokens_of_others(operator, admin_client):
    ApiToken.objects.create(make_user(), name="theirs")
    assert b"theirs" not in operator.get(TOKENS).content
    assert b"theirs" in admin_client.get(TOKENS).content


def test_an_outcome_leads_to_its_job_and_back(admin_client):
    job = make_job(status=Status.COMPLETED)
    outcome = TaskResult.objects.create(task_id=str(job.pk), status="SUCCESS", result="{}")
    type(job).objects.filter(pk=job.pk).update(task_result=outcome)
    page = f"/admin/django_celery_results/taskresult/{outcome.pk}/change/"
    assert f"/admin/jobs/job/{job.pk}/change/" in admin_client.get(page).content.decode()
    assert page in admin_client.get(f"/admin/jobs/job/{job.pk}/change/").content.decode()


def test_the_list_of_outcomes_finds_one_by_the_id_of_its_job(admin_client):
    wanted, _ = (TaskResult.objects.create(task_id=str(make_job().pk)) for _ in range(2))
    page = admin_client.get("/admin/django_celery_results/taskresult/", {"q": wanted.task_id})
    assert [one.pk for one in page.context["cl"].result_list] == [wanted.pk]
