"""GET /api/v1/jobs/{id}/?wait=N: the answer comes when the status changes; waiting is cheap."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

from jobs import lifecycle
from jobs.api.http import long_poll
from tests.support.factories import make_job
from tests.support.polling import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nobody_was_turned_away():
    long_poll.watcher._last_retry = 0.0


@pytest.fixture
def get(client):
    """GET an address in another thread; return the answer and the seconds it took."""

    def get(address, **headers):
        started = time.monotonic()
        answer = APIClient(HTTP_AUTHORIZATION=f"Token {client.token}").get(address, headers=headers)
        connection.close()
        return answer, time.monotonic() - started

    with ThreadPoolExecutor(20) as pool:
        yield lambda address, **headers: pool.submit(get, address, **headers)


def waiters():
    return len(long_poll.watcher._waiters)


def test_the_answer_comes_when_the_status_changes(client, get):
    job = make_job(created_by=client.user)
    asked = get(f"/api/v1/jobs/{job.id}/?wait=10")
    wait_until(waiters)
    lifecycle.cancel_waiting(job.id, actor="test")
    answer, seconds = asked.result()
    assert answer.json()["status"] == "CANCELLED"
    assert seconds < 2


def test_without_a_change_it_comes_in_the_end(client, get):
    job = make_job(created_by=client.user)
    answer, seconds = get(f"/api/v1/jobs/{job.id}/?wait=1").result()
    assert answer.json()["status"] == "PENDING"
    assert 1 <= seconds < 3


def test_a_settled_job_is_not_waited_for(client, get):
    job = make_job(created_by=client.user, status="COMPLETED")
    assert get(f"/api/v1/jobs/{job.id}/?wait=10").result()[1] < 2


def test_a_version_the_caller_does_not_have_is_not_waited_for(client, get):
    job = make_job(created_by=client.user)
    answer, seconds = get(f"/api/v1/jobs/{job.id}/?wait=10", **{"If-None-Match": 'W/"0"'}).result()
    assert answer.status_code == 200
    assert seconds < 2


def test_a_version_the_caller_has_is_waited_for_and_answered_with_304(client, get):
    job = make_job(created_by=client.user)
    answer, seconds = get(f"/api/v1/jobs/{job.id}/?wait=1", **{"If-None-Match": 'W/"1"'}).result()
    assert (answer.status_code, answer["Retry-After"]) == (304, "1")
    assert seconds >= 1


def test_only_half_the_threads_may_wait(client, get, settings):
    settings.WEB_THREADS = 4
    job = make_job(created_by=client.user)
    patient = [get(f"/api/v1/jobs/{job.id}/?wait=5") for _ in range(2)]
    wait_until(lambda: waiters() == 2)
    answers = [get(f"/api/v1/jobs/{job.id}/?wait=5").result() for _ in range(3)]
    assert all(seconds < 1 for _, seconds in answers)
    # One after the other, so that a crowd does not come back all at once.
    assert [int(answer["Retry-After"]) for answer, _ in answers] == [2, 4, 6]
    lifecycle.cancel_waiting(job.id, actor="test")
    assert all(asked.result()[1] < 4 for asked in patient)


def test_all_callers_who_are_turned_away_come_back_within_a_minute():
    delays = [long_poll.watcher._next_retry_seconds() for _ in range(300)]
    assert set(delays) == set(range(2, 61, 2))
    assert {delays.count(delay) for delay in delays} == {10}


def test_in_a_crowd_the_jobs_are_read_once_a_second(client, get, monkeypatch, settings):
    settings.WEB_THREADS = 2
    looks = []
    look = long_poll.watcher._check
    monkeypatch.setattr(long_poll.watcher, "_check", lambda found: (looks.append(1), look(found)))
    job = make_job(created_by=client.user)
    patient = get(f"/api/v1/jobs/{job.id}/?wait=4")
    wait_until(waiters)
    turned_away = [get(f"/api/v1/jobs/{job.id}/?wait=4") for _ in range(2)]
    assert all(asked.result()[1] < 1 for asked in turned_away)
    patient.result()
    assert 3 <= len(looks) <= 6


def test_all_waiting_requests_share_one_thread_and_its_queries(client, get, monkeypatch, settings):
    settings.WEB_THREADS = 40
    looks = []
    look = long_poll.watcher._check
    monkeypatch.setattr(
        long_poll.watcher, "_check", lambda found: (looks.append(len(found)), look(found))
    )
    job = make_job(created_by=client.user)
    asked = [get(f"/api/v1/jobs/{job.id}/?wait=2") for _ in range(15)]
    for one in asked:
        one.result()
    assert max(looks) == 15
    assert len(looks) <= 4 * 3  # seconds, the starting one included
    assert len([one for one in threading.enumerate() if one.name == "long-poll"]) == 1


@pytest.mark.parametrize("seconds", ["-1", "x", "1.5", "31", "9" * 30, "9" * 6000])
def test_seconds_are_a_whole_number_up_to_30(client, seconds):
    job = make_job(created_by=client.user)
    assert client.get(f"/api/v1/jobs/{job.id}/?wait={seconds}").status_code == 400
