"""No list reads most of the table, whatever filter it has: rare jobs are found by an index."""

import re
from datetime import timedelta
from urllib.parse import quote
from uuid import UUID

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from jobs import parameters
from jobs.api.http.filters import ApiFilters
from jobs.errors import InvalidHold
from jobs.filters import JobFilters, rarity, word_search
from jobs.filters.rarity import having_words
from jobs.models import HoldKind, Job
from jobs.services.holding.targets import find_target
from tests.support.factories import make_job, make_user

pytestmark = pytest.mark.django_db(transaction=True)

COMMON, FAILED, RARE = 20_000, 3_000, 20
# What a page may read: its rows, and a thousand of each status for its pages and its tabs.
ROWS = 7_000
BATCH, TOKEN = UUID(int=1), UUID(int=2)
ROW = """INSERT INTO jobs_job (id, name, type, params, queue, status, version, progress_message,
    error_code, error_type, error_message, error_traceback, created_by_name, source, request_id,
    request_hash, created_at, published_at, publishes, started_at, finished_at, attempt, worker,
    cancel_requested_by, cancel_reason, acknowledged_by, acknowledged_note)
SELECT uuidv7(at - now()), 'Job ' || n, 'report',
    '{}', 'default', %(status)s, 1, '', %(error)s, '', '', '', 'x', 'admin', '', '', at, at, 1, at,
    at, 1, 'w1', '', '', '', ''
FROM generate_series(1, %(jobs)s) AS n,
    LATERAL (SELECT now() - %(ago)s::interval - (%(jobs)s - n) * interval '1 s' AS at) AS a"""
OLD = {"status": "FAILED", "error": "exception", "jobs": FAILED}
NEW = {"status": "COMPLETED", "error": "", "jobs": COMMON}


@pytest.fixture
def rare(client):
    """Return when the oldest jobs had ended; thousands that failed and then completed are newer."""
    user = make_user("jobs.view_job", username="boss", is_staff=True)
    client.force_login(user)
    early = timezone.now() - timedelta(days=2)
    fields = {
        "name": "Rare",
        "type": "prune",
        "queue": "slow",
        "source": "api",
        "token_id": TOKEN,
        "batch_id": BATCH,
        "about_type": ContentType.objects.get_for_model(Job).pk,
        "about_key": str(UUID(int=1)),
        "created_by": user,
        "created_by_name": "boss",
        "created_at": early,
    }
    ended = {"started_at": early, "finished_at": early, "error_code": "worker_lost"}
    first = make_job(id=UUID(int=1), status="FAILED", **fields, **ended)
    for number in range(2, RARE):
        status = ("FAILED", "PENDING", "PROCESSING", "CANCELLED")[number % 4]
        times = ended if status == "FAILED" else {}
        job = {**fields, **times, "status": status, "rerun_of": first, "parent": first}
        make_job(id=UUID(int=number), **job)
    with connection.cursor() as cursor:
        cursor.execute(ROW, OLD | {"ago": "1 day"})
        cursor.execute(ROW, NEW | {"ago": "0"})
        cursor.execute("VACUUM ANALYZE jobs_job")
    return early + timedelta(seconds=1)


def queries(before) -> dict[str, list[str]]:
    early, late = (
        quote(parameters.moment_text(at)) for at in (before, timezone.now() - timedelta(seconds=20))
    )
    ids = ",".join(str(UUID(int=number)) for number in range(1, RARE))
    return {
        "q": ["Rare", "rare%20boss", "nothing", "00000000", "error:worker_lost"],
        "status": ["FAILED", "FAILED,CANCELLED", "CANCELLED,PROCESSING"],
        "active": ["true"],
        "type": ["prune", "prune&status=FAILED,CANCELLED", "prune&active=true"],
        "name": ["Rare"],
        "created_by": ["boss", "boss&status=FAILED,PENDING"],
        "token": [TOKEN, f"{TOKEN}&status=FAILED,PENDING"],
        "source": ["api"],
        "queue": ["slow"],
        "batch": [BATCH],
        "about": [f"jobs.job:{UUID(int=1)}"],
        "rerun_of": [UUID(int=1)],
        "parent": [UUID(int=1)],
        "error": ["worker_lost"],
        "error_code": ["worker_lost"],
        "fingerprint": ["0123456789abcdef", "none&error_code=worker_lost"],
        "id": [ids],
        "created_after": [late],
        "created_before": [early, f"{early}&status=FAILED,CANCELLED"],
        "started_after": [late],
        "started_before": [early],
        "finished_after": [late],
        "finished_before": [early],
        "created": ["today"],
        "ended": ["today", "yesterday", "7d", "last-month"],
        "mine": ["on"],
        "unseen": ["on"],
        "error_type": ["ValueError&type=prune&error_code=worker_lost"],
    }


def rows_read(client, address) -> int:
    """How many rows the queries of a page about jobs read, as their plans count them."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    return rows_of(captured.captured_queries)


def rows_of(queries) -> int:
    """How many rows of jobs these queries read, as their plans count them."""
    total = 0
    for query in queries:
        sql = re.sub(r"^SET LOCAL statement_timeout = \d+;\s*", "", query["sql"])
        if "jobs_job" in sql and sql.lstrip().startswith(("SELECT", "WITH", "(")):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
                [[[found]]] = cursor.fetchall()
            total += _of(found["Plan"])
    return total


def _of(node) -> int:
    own = 0
    # A scan of a sub-select reads rows again that were counted below it.
    if node.get("Relation Name") == "jobs_job" or node["Node Type"] == "Bitmap Index Scan":
        removed = node.get("Rows Removed by Filter", 0) + node.get(
            "Rows Removed by Index Recheck", 0
        )
        own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return int(own) + sum(_of(one) for one in node.get("Plans", ()))


def test_no_list_walks_past_the_jobs_that_its_filter_leaves_out(client, rare):
    caller = APIClient()
    caller.force_authenticate(Job.objects.get(id=UUID(int=1)).created_by)
    found = queries(rare)
    assert {*found} == {*JobFilters.base_filters}
    read = {}
    for name, values in found.items():
        for value in values:
            query = f"{name}={value}"
            read[f"admin {query}"] = rows_read(client, f"/admin/jobs/job/?{query}")
            if name in ApiFilters.base_filters:
                read[f"API {query}"] = rows_read(caller, f"/api/v1/jobs/?{query}&count=true")
    assert {query: rows for query, rows in read.items() if rows > ROWS} == {}


@pytest.mark.parametrize("name", ["token", "created_by", "type", "queue", "source", "mine"])
def test_few_failures_are_found_among_many_jobs_of_the_same_value(client, rare, name):
    value = {"mine": "on"}.get(name) or queries(rare)[name][0]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE jobs_job AS job SET (type, queue, source, token_id, created_by_id,
                created_by_name) = (rare.type, rare.queue, rare.source, rare.token_id,
                rare.created_by_id, rare.created_by_name)
            FROM jobs_job AS rare WHERE rare.id = %s AND job.status = 'COMPLETED'""",
            [UUID(int=1)],
        )
        cursor.execute("VACUUM ANALYZE jobs_job")
    query = f"{name}={value}&status=FAILED"
    assert rows_read(client, f"/admin/jobs/job/?{query}") <= ROWS


@pytest.mark.parametrize("query", ["q=Job", "q=Job%201", "name=Job", "q=j%20type:report"])
def test_jobs_with_a_common_word_are_neither_collected_nor_sorted(client, rare, query):
    assert rows_read(client, f"/admin/jobs/job/?{query}") <= ROWS


def test_of_several_words_only_the_rarest_is_looked_up(rare):
    matches = having_words("Job rare x")
    assert rarity._ask(["Job", "rare", "x"], matches, word_search.INDEXED)[1] == 2


def test_ids_and_beginnings_of_ids_are_looked_up_together(client, rare):
    ids = [str(UUID(int=number)) for number in range(1, RARE)]
    newest = [
        str(one)[:30] for one in Job.objects.order_by("-id").values_list("id", flat=True)[:50]
    ]
    assert rows_read(client, f"/admin/jobs/job/?id={','.join(ids + newest)}") <= 1_000


@pytest.mark.parametrize("kind", HoldKind)
def test_what_a_hold_names_is_looked_up_by_indexes(rare, kind):
    with CaptureQueriesContext(connection) as captured, pytest.raises(InvalidHold):
        find_target(kind, "nothing")
    assert rows_of(captured.captured_queries) <= RARE
