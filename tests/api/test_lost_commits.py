"""A 503 after a statement whose answer was lost does not deny what was done."""

import pytest

from jobs.api.http.problems import NOT_ACCEPTED, NOT_CERTAIN
from jobs.models import Hold, Job, Upload
from tests.support import people
from tests.support.factories import make_job
from tests.support.lost_answers import faulty_proxy
from tests.support.uploads import make_upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_files")]

API = "/api/v1"


def hold(client, user):
    body = {"type": "report", "reason": "a test"}
    return client.post(f"{API}/holds/", body, format="json"), Hold.objects.exists


def send_upload(client, user):
    answer = client.generic("POST", f"{API}/uploads/?name=a", b"a", content_type="text/csv")
    return answer, Upload.objects.exists


def delete_upload(client, user):
    upload = Upload.objects.get()
    return client.delete(f"{API}/uploads/{upload.id}/"), lambda: not Upload.objects.exists()


def cancel(client, user):
    job = Job.objects.get()
    answer = client.post(f"{API}/jobs/{job.id}/cancel/", {}, format="json")
    return answer, Job.objects.exclude(cancel_requested_at=None).exists


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (hold, "COMMIT"),
        (send_upload, "COMMIT"),
        (delete_upload, "COMMIT"),
        (cancel, "UPDATE jobs_job"),
    ],
)
def test_what_may_have_been_done_is_not_denied(make_client, act, words):
    user = people.superuser()
    client = make_client(user=user)
    if act is delete_upload:
        make_upload(user)
    if act is cancel:
        make_job(created_by=user)
    with faulty_proxy("default") as proxy:
        Job.objects.exists()
        proxy.lose_answer_to(words)
        answer, is_done = act(client, user)
    assert proxy.lost == 1
    assert answer.status_code == 503
    assert NOT_CERTAIN in answer.json()["detail"]
    assert NOT_ACCEPTED not in answer.json()["detail"]
    assert is_done()
