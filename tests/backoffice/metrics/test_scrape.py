"""/metrics: who may read it, what it has, and what is left when a server is away."""

import socket
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families

from jobs.models import Status, Total, UpkeepState
from tests.support.factories import make_job, make_user, make_worker
from tests.support.processes import NOBODY_LISTENS, serving

pytestmark = pytest.mark.django_db
TOKEN = "let-me-look"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(autouse=True)
def probe_token(settings):
    settings.PROBE_TOKEN = TOKEN


def scrape(**headers):
    answer = Client().get("/metrics", headers=BEARER | headers)
    assert answer.status_code == 200
    return answer.content.decode()


def samples(text, parse=text_string_to_metric_families):
    return {
        (one.name, *sorted(one.labels.items())): one.value
        for family in parse(text)
        for one in family.samples
    }


def value(text, name, **labels):
    return samples(text).get((f"backoffice_{name}", *sorted(labels.items())))


def test_staff_and_the_probe_token_may_read_it_and_others_may_not(settings):
    user, staff = Client(), Client()
    user.force_login(make_user())
    staff.force_login(make_user(is_staff=True))
    wrong = {"Authorization": "Bearer wrong"}
    statuses = [
        Client().get("/metrics").status_code,
        Client().get("/metrics", headers=wrong).status_code,
        user.get("/metrics").status_code,
        staff.get("/metrics").status_code,
        Client().get("/metrics", headers=BEARER).status_code,
    ]
    assert statuses == [403, 403, 403, 200, 200]
    settings.PROBE_TOKEN = ""
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


def test_a_scrape_needs_neither_a_host_name_nor_https_and_is_not_stored(settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["backoffice.example.com"], True
    answer = Client(SERVER_NAME="web").get("/metrics", headers=BEARER)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Content-Type"].startswith("text/plain; version=")


def test_head_has_no_body_and_post_is_refused():
    head = Client().head("/metrics", headers=BEARER)
    assert (head.status_code, head.content) == (200, b"")
    client = Client(enforce_csrf_checks=True)
    assert client.post("/metrics", headers=BEARER).status_code == 403


def test_both_formats_are_understood_by_their_parsers():
    make_job(type='odd "type"\n')
    plain, opened = samples(scrape()), samples(scrape(Accept=OPEN_METRICS), open_families)
    assert {name for name, *_ in plain} == {name for name, *_ in opened}
    assert ("backoffice_jobs", ("status", "PENDING"), ("type", 'odd "type"\n')) in plain


def test_jobs_queues_and_workers_are_counted_as_they_are_now(redis):
    redis.lpush("default", "1", "2", "3")
    make_worker(id="w1", slots=4, queues=["default", "slow"])
    make_worker(slots=2)
    make_worker(slots=8, heartbeat_at=timezone.now() - timedelta(hours=1))
    make_job(created_at=timezone.now() - timedelta(seconds=100))
    make_job(queue="slow", type="export")
    make_job(queue="slow", status=Status.PROCESSING, worker="w1")
    text = scrape()
    assert value(text, "jobs", type="report", status="PENDING") == 1
    assert value(text, "jobs", type="report", status="PROCESSING") == 1
    assert value(text, "jobs", type="export", status="PENDING") == 1
    assert value(text, "jobs", type="prune", status="PENDING") == 0
    assert value(text, "queue_jobs", queue="default") == 1
    assert value(text, "queue_messages", queue="default") == 3
    assert value(text, "queue_jobs", queue="maintenance") == 0
    assert 100 <= value(text, "queue_oldest_wait_seconds", queue="default") < 160
    assert value(text, "queue_oldest_wait_seconds", queue="maintenance") == 0
    assert (value(text, "workers"), value(text, "slots"), value(text, "slots_busy")) == (2, 6, 1)
    assert value(text, "queue_slots", queue="default") == 6
    assert value(text, "queue_slots", queue="slow") == 4
    assert value(text, "queue_slots_busy", queue="default") == 1
    assert (value(text, "postgresql_up"), value(text, "redis_up")) == (1, 1)


def test_parked_jobs_are_counted_apart_and_have_no_wait(redis):
    long_ago = timezone.now() - timedelta(hours=9)
    make_job(parked_by="hold 1", created_at=long_ago)
    text = scrape()
    assert value(text, "queue_jobs", queue="default") == 0
    assert value(text, "queue_jobs_parked", queue="default") == 1
    assert value(text, "queue_oldest_wait_seconds", queue="default") == 0
    assert value(text, "jobs", type="report", status="PENDING") == 1


def test_requests_are_counted_by_names_and_not_by_what_a_client_sends():
    client = Client()
    client.get("/api/v1/jobs/")
    client.get("/no/such/page")
    client.get("/static/jobs/no.css")
    client.generic("BREW", "/api/v1/jobs/")
    client.get("/livez")
    text = scrape()
    asked = {"endpoint": "jobs_api:jobs", "status": "401"}
    assert value(text, "requests_total", method="GET", **asked) >= 1
    assert value(text, "requests_total", method="other", **asked) >= 1
    nothing = {"method": "GET", "status": "404"}
    assert value(text, "requests_total", endpoint="unknown", **nothing) >= 1
    assert value(text, "requests_total", endpoint="static", **nothing) >= 1
    assert "BREW" not in text
    assert "such" not in text
    assert "livez" not in text
    assert value(text, "request_seconds_count", door="api") >= 2
    assert value(text, "refused_total", door="api", reason="not_authenticated") >= 1


def test_totals_become_counters_and_histograms():
    add = Total.objects.create
    add(name="ended", type="report", key="COMPLETED", value=5)
    add(name="ended", type="gone", key="FAILED time_limit", value=2)
    add(name="run", type="report", key="0.5", value=3)
    add(name="run", type="report", key="2", value=1)  # a bound of an earlier version
    add(name="run", type="report", key="+Inf", value=1)
    add(name="run_seconds", type="report", value=30_000.5)
    add(name="rescued", value=7)
    text = scrape()
    ended = {"type": "report", "status": "COMPLETED", "error_code": ""}
    assert value(text, "jobs_ended_total", **ended) == 5
    gone = {"type": "gone", "status": "FAILED", "error_code": "time_limit"}
    assert value(text, "jobs_ended_total", **gone) == 2
    lost = {"type": "report", "status": "FAILED", "error_code": "worker_lost"}
    assert value(text, "jobs_ended_total", **lost) == 0
    buckets = [
        value(text, "job_run_seconds_bucket", type="report", le=le)
        for le in ("0.1", "0.5", "1", "2.5", "21600", "+Inf")
    ]
    assert buckets == [0, 3, 3, 4, 4, 5]
    assert value(text, "job_run_seconds_count", type="report") == 5
    assert value(text, "job_run_seconds_sum", type="report") == 30_000.5
    assert (value(text, "rescued_total"), value(text, "republished_total")) == (7, 0)


def test_upkeeps_last_pass_is_0_until_it_ran():
    assert value(scrape(), "upkeep_last_pass_timestamp_seconds") == 0
    state = UpkeepState.objects.create(id=1, host="h", pid=1, counted_until=timezone.now())
    text = scrape()
    last_pass = value(text, "upkeep_last_pass_timestamp_seconds")
    assert last_pass == pytest.approx(timezone.now().timestamp(), abs=60)
    until = value(text, "jobs_counted_until_timestamp_seconds")
    assert until == pytest.approx(state.counted_until.timestamp(), abs=0.001)


def test_a_scrape_asks_postgresql_at_most_ten_times(django_assert_max_num_queries):
    make_job()
    with CaptureQueriesContext(connection) as few:
        scrape()
    for number in range(20):
        make_job(type=f"type{number}", queue=f"queue{number}")
        make_worker(queues=[f"queue{number}"])
    with CaptureQueriesContext(connection) as many:
        scrape()
    assert len(many) == len(few) <= 10


def test_without_redis_the_rest_is_there(broken_redis):
    text = scrape()
    assert (value(text, "redis_up"), value(text, "postgresql_up")) == (0, 1)
    assert value(text, "queue_messages", queue="default") is None
    assert value(text, "queue_jobs", queue="default") == 0
    assert value(text, "broker_errors_total", reason="failed") >= 1


def test_without_postgresql_and_redis_it_answers_in_time(tmp_path, settings):
    away = {
        "DATABASE_URL": f"postgres://user:secret@{NOBODY_LISTENS}/name",
        "REDIS_URL": f"redis://{NOBODY_LISTENS}/0",
    }
    with serving(tmp_path, PROBE_TOKEN=TOKEN, **away) as site:
        site.ask("/admin/login/", Cookie="sessionid=abcdefghijklmnopqrstuvwxyz012345")
        answer = site.ask("/metrics", Authorization=f"Bearer {TOKEN}")
        assert answer.status == 200
        text = answer.text
    assert (value(text, "postgresql_up"), value(text, "redis_up")) == (0, 0)
    assert value(text, "database_errors_total", kind="away") >= 1
    refused = {"endpoint": "admin:login", "method": "GET", "status": "503"}
    assert value(text, "requests_total", **refused) == 1
    assert value(text, "jobs", type="report", status="PENDING") is None


def test_servers_that_accept_connections_and_never_answer_hold_a_scrape_for_seconds(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        urls = {"DATABASE_URL": f"postgres://u:p@{address}/n", "REDIS_URL": f"redis://{address}/0"}
        with serving(tmp_path, PROBE_TOKEN=TOKEN, **urls) as site:
            began_at = time.monotonic()
            answer = site.ask("/metrics", Authorization=f"Bearer {TOKEN}")
            seconds = time.monotonic() - began_at
    assert value(answer.text, "postgresql_up") == 0
    assert seconds < 8
