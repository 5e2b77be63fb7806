"""Each door offers the added actions. Run by tests/services/test_new_actions.py."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from jobs.admin.job_list import bulk_actions
from jobs.models import Job, Status
from tests.support import people
from tests.support.factories import make_job, make_user
from tests.types.bulk_jobs import run_bulk

pytestmark = pytest.mark.django_db
LIST = "/admin/jobs/job/"


@pytest.fixture
def operator(client):
    """A browser of a user who may cancel and delete all jobs."""
    return people.sign_in(client, people.operator())


@pytest.fixture
def viewer(client):
    """A browser of a user who may only look."""
    return people.sign_in(client, people.viewer())


def api_client(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_the_job_list_offers_it_asks_and_does_it(operator):
    job = make_job()
    chosen = {"action": "pause", "_selected_action": str(job.id)}
    assert '<option value="pause">Pause</option>' in operator.get(LIST).content.decode()
    question = operator.post(LIST, chosen)
    assert "Pause 1 job?" in question.content.decode()
    confirmed = chosen | {"confirmed": "yes", "as_of": question.context["as_of"]}
    page = operator.post(LIST, confirmed, follow=True)
    assert "1 job paused." in page.content.decode()
    job.refresh_from_db()
    assert job.queue == "paused"


def test_the_job_list_hides_and_refuses_it_without_the_right(viewer):
    job = make_job()
    assert 'value="pause"' not in viewer.get(LIST).content.decode()
    sent = {"action": "pause", "_selected_action": str(job.id)}
    assert viewer.post(LIST, sent).status_code == 403


def test_the_page_of_a_job_has_its_button_and_does_it(operator):
    job = make_job()
    url = reverse("admin:jobs_job_pause", args=[job.pk])
    page = operator.get(f"{LIST}{job.pk}/change/").content.decode()
    assert f'action="{url}"' in page
    assert "Pause job" in page
    assert "Paused." in operator.post(url, {"note": "later"}, follow=True).content.decode()
    job.refresh_from_db()
    assert (job.queue, job.cancel_reason) == ("paused", "later")


def test_the_page_of_a_job_hides_and_refuses_it_without_the_right(viewer):
    job = make_job()
    url = reverse("admin:jobs_job_pause", args=[job.pk])
    assert url not in viewer.get(f"{LIST}{job.pk}/change/").content.decode()
    assert viewer.post(url).status_code == 403


def test_the_page_of_a_job_asks_first_where_the_action_has_a_question(operator):
    job = make_job(status=Status.FAILED)
    url = reverse("admin:jobs_job_shred", args=[job.pk])
    assert f'href="{url}"' in operator.get(f"{LIST}{job.pk}/change/").content.decode()
    assert "cannot be put together again" in operator.get(url).content.decode()
    page = operator.post(url, follow=True)
    assert "is shredded" in page.content.decode()
    assert not Job.objects.exists()


def test_the_api_has_its_endpoint_with_its_note():
    job = make_job()
    client = api_client(people.operator())
    answer = client.post(f"/api/v1/jobs/{job.id}/pause/", {"reason": "later"}, format="json")
    assert (answer.status_code, answer.json()["queue"]) == (200, "paused")
    again = client.post(f"/api/v1/jobs/{make_job(status=Status.FAILED).id}/pause/")
    assert again.status_code == 409
    unknown = client.post(f"/api/v1/jobs/{job.id}/pause/", {"note": "later"}, format="json")
    assert unknown.status_code == 400


def test_the_api_refuses_it_without_the_right():
    job = make_job()
    assert api_client(people.viewer()).post(f"/api/v1/jobs/{job.id}/pause/").status_code == 403
    assert api_client(people.stranger()).post(f"/api/v1/jobs/{job.id}/pause/").status_code == 404


def test_the_api_answers_204_where_the_action_deleted_the_job():
    job = make_job(status=Status.FAILED)
    answer = api_client(people.operator()).post(f"/api/v1/jobs/{job.id}/shred/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Job.objects.exists()


def test_the_api_says_who_can_do_it_and_when():
    waiting, failed = make_job(), make_job(status=Status.FAILED)
    operator, viewer = people.operator(), people.viewer()
    seen = {
        (user.username, job.status): api_client(user).get(f"/api/v1/jobs/{job.id}/").json()
        for user in (operator, viewer)
        for job in (waiting, failed)
    }
    can_pause = {key for key, job in seen.items() if job["can_pause"]}
    can_shred = {key for key, job in seen.items() if job["can_shred"]}
    assert can_pause == {(operator.username, "PENDING")}
    assert can_shred == {(operator.username, "FAILED")}


def test_the_schema_describes_its_endpoint():
    schema = api_client(people.operator()).get("/api/v1/schema/").json()
    pause = schema["paths"]["/api/v1/jobs/{id}/pause/"]["post"]
    shred = schema["paths"]["/api/v1/jobs/{id}/shred/"]["post"]
    assert (pause["operationId"], pause["summary"]) == ("pause_job", "Pause a job")
    successes = [[code for code in one["responses"] if code < "300"] for one in (pause, shred)]
    assert successes == [["200"], ["204"]]
    assert "can_pause" in schema["components"]["schemas"]["Job"]["properties"]


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_its_bulk_job_type_does_it_to_the_jobs_that_its_launcher_may_pause():
    launcher = make_user("jobs.add_job", "jobs.view_job")
    own, others = make_job(created_by=launcher), make_job()
    outcome, _ = run_bulk("bulk_pause", launcher, filters="status=PENDING")
    assert outcome.result["paused"] == 1
    assert outcome.result["not_done"][0]["reason"] == "You may pause only your own jobs."
    assert [Job.objects.get(id=one.id).queue for one in (own, others)] == ["paused", "default"]


def test_a_command_does_it():
    job, out = make_job(), StringIO()
    call_command("pause_job", str(job.id), "--reason", "later", stdout=out)
    assert out.getvalue() == f"{job.id} PENDING, paused\n"
    job.refresh_from_db()
    assert (job.queue, job.cancel_reason) == ("paused", "later")


def test_a_command_fails_where_it_is_refused():
    job = make_job(status=Status.FAILED)
    with pytest.raises(CommandError, match="Only waiting jobs are paused"):
        call_command("pause_job", str(job.id))


def test_a_form_sent_while_signed_out_leads_to_the_page_of_the_job(client):
    page = f"{LIST}{make_job().pk}/"
    login = client.post(f"{page}pause/", {"note": "later"}).headers["Location"]
    assert login == f"/admin/login/?next={page}change/"


def test_the_schema_closes_its_body():
    schemas = api_client(people.operator()).get("/api/v1/schema/").json()["components"]["schemas"]
    assert schemas["Pause"]["additionalProperties"] is False
    assert schemas["Pause"]["properties"].keys() == {"reason"}


def test_only_a_cancel_is_said_to_ask_running_jobs_to_stop(operator):
    job = make_job(status=Status.PROCESSING)
    question = operator.post(LIST, {"action": "stop", "_selected_action": str(job.id)})
    assert "will be stopped" in question.content.decode()
    assert "asked to stop" not in question.content.decode()


def test_the_list_does_more_jobs_than_a_request_acts_on_in_slices(operator, monkeypatch):
    monkeypatch.setattr(bulk_actions, "REQUEST_LIMIT", 2)
    for _ in range(4):
        make_job()
    chosen = {
        "action": "stop",
        "select_across": "1",
        "_selected_action": str(Job.objects.all()[0].id),
    }
    question = operator.post(LIST, chosen)
    confirmed = chosen | {"confirmed": "yes", "as_of": question.context["as_of"]}
    page = operator.post(LIST, confirmed, follow=True)
    assert "4 jobs stopped." in page.content.decode()
    assert set(Job.objects.values_list("status", flat=True)) == {Status.CANCELLED}
