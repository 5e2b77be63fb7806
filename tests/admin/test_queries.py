"""How many queries a page costs, and which: the same few, however many jobs there are."""

from datetime import timedelta
from itertools import cycle

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs.admin.job_list import rows
from jobs.models import Job, Source, Status, Worker
from jobs.services import ACTIONS
from tests.support.factories import make_job, make_jobs, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/jobs/job/"
FILTERS = [
    "",
    *(f"status={status}" for status in Status),
    "type=report",
    "type=report&status=FAILED",
    "source=api&status=PENDING",
    "token=00000000-0000-0000-0000-000000000000",
    "token=erp-import",
    "mine=on",
    "q=Job",
    "error_code=exception",
    "error_type=ValueError",
    "unseen=on",
    "queue=queue1",
    "created_after=2020-01-01",
    "active=true",
    "status=FAILED,CANCELLED",
    "name=Job",
    "created_by=nobody",
    "about=jobs.job:00000000-0000-0000-0000-000000000000",
    "rerun_of=00000000-0000-0000-0000-000000000000",
    "id=00000000-0000-0000-0000-000000000000",
    "started_before=2030-01-01",
    "finished_after=2020-01-01",
    "bogus=1",
]
PAGES = [
    "/admin/",
    f"{LIST}launch/",
    f"{LIST}launch/report/",
    *(f"{LIST}?{query}" for query in FILTERS),
]


@pytest.fixture(params=["superuser", "viewer", "launcher"])
def reader(request, client):
    """A browser of a user who sees all jobs, or only their own; the caches are empty."""
    rights = {"viewer": ["jobs.view_job", "jobs.add_job"], "launcher": ["jobs.add_job"]}
    superuser = request.param == "superuser"
    client.user = make_user(*rights.get(request.param, []), is_staff=True, is_superuser=superuser)
    client.force_login(client.user)
    rows.clear_usual_cache()
    ContentType.objects.clear_cache()
    return client


@pytest.fixture
def viewer(client):
    client.force_login(make_user("jobs.view_job", is_staff=True))
    rows.clear_usual_cache()
    ContentType.objects.clear_cache()
    return client


@pytest.fixture(params=[10, 3000])
def many(request, reader):
    """Jobs of all statuses, types, queues and doors, of the reader and of others; two workers."""
    for number in range(2):
        queues = [f"queue{queue}" for queue in range(9)]
        Worker.objects.create(id=f"w{number}", host="app1", pid=number, slots=2, queues=queues)
    users = cycle([reader.user, make_user(), None])
    statuses, sources = cycle(Status), cycle(Source)
    types = cycle(["report", *(f"type{number}" for number in range(10))])

    def fields_of(number):
        return {
            "type": next(types),
            "queue": f"queue{number % 13}",
            "status": next(statuses),
            "created_by": next(users),
            "source": next(sources),
        }

    return make_jobs(request.param, fields_of)


def queries(client, address, method="get", **sent):
    with CaptureQueriesContext(connection) as captured:
        answer = getattr(client, method)(address, sent)
    assert answer.status_code == 200, address
    return [query["sql"] for query in captured.captured_queries]


def test_every_page_takes_at_most_twelve_queries(reader, many):
    pages = [*PAGES, *(f"{LIST}?p={page}" for page in (2, 15) if len(many) > 1000)]
    own = [job for job in many if job.created_by == reader.user]
    pages += [f"{LIST}{job.pk}/change/" for job in own[:5]]
    for page in pages:
        rows.clear_usual_cache()
        ContentType.objects.clear_cache()
        asked = queries(reader, page)
        assert len(asked) <= 12, (page, [sql[:90] for sql in asked])


def test_a_refresh_of_a_job_that_did_not_change_reads_no_long_column(viewer):
    job = make_job(status=Status.PROCESSING, params={"rows": "x" * 1000})
    with CaptureQueriesContext(connection) as captured:
        answer = viewer.get(f"{LIST}{job.pk}/live/", {"version": f"{job.version}-{job.attempt}"})
    assert answer.status_code == 304
    assert not [one for one in captured.captured_queries if '"jobs_job"."params"' in one["sql"]]


def check(asked):
    for sql in map(str.upper, asked):
        assert "DISTINCT" not in sql, sql
        assert "COUNT(" not in sql or "LIMIT" in sql, sql


def test_no_page_counts_without_a_cap_or_looks_for_distinct_values(admin_client):
    job = make_job(status=Status.FAILED, finished_at=timezone.now() - timedelta(hours=1))
    waiting = make_job()
    TaskResult.objects.create(task_id=str(job.pk), status="FAILURE")
    of_a_job = [
        f"{LIST}{one.pk}/{page}/"
        for one in (job, waiting)
        for page in ("change", "history", "delete")
    ]
    for page in [*PAGES, *of_a_job, f"{LIST}live/?ids={waiting.pk}"]:
        check(queries(admin_client, page))


@pytest.mark.parametrize("action", [action.name for action in ACTIONS])
def test_an_action_on_all_that_match_counts_them_exactly_within_a_time(admin_client, action):
    job = make_job(status=Status.FAILED)
    sent = {"action": action, "_selected_action": [str(job.pk)], "index": 0, "select_across": 1}
    asked = queries(admin_client, f"{LIST}?q=Job", "post", **sent)
    in_time = [sql for sql in asked if sql.startswith("SET LOCAL statement_timeout")]
    assert 2 <= len(in_time) <= 3
    check(set(asked) - set(in_time))


@pytest.mark.parametrize("model", [one for one in admin.site._registry if one is not Job])
def test_no_list_of_another_application_counts_all_its_rows(admin_client, model):
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    asked = [sql for sql in queries(admin_client, address) if "COUNT(" in sql]
    assert asked
    check(asked)


def test_what_staff_did_to_a_job_is_found_by_its_index(admin_client):
    job = make_job()
    [asked] = [
        sql
        for sql in queries(admin_client, f"{LIST}{job.pk}/change/")
        if 'FROM "jobs_auditentry"' in sql
    ]
    with connection.cursor() as cursor:
        # Of a small table anything would be read from end to end.
        cursor.execute(f"SET enable_seqscan = off; EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "jobs_auditentry_object" in plan, plan
