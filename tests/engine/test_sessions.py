"""Which statements of a handler leave its session as it was."""

import pytest
from django.contrib.auth.models import User
from django.db.models import Count, F, Q
from django.db.models.functions import Coalesce, Lower, TruncDay

from jobs.engine.worker.sessions import is_plain
from jobs.models import Job

JOBS = Job.objects.order_by("-created_at")
QUERIES = [
    JOBS.filter(status="FAILED", params__contains={"a": 1})[:10],
    JOBS.values("type").annotate(count=Count("id")).filter(count__gt=1),
    JOBS.annotate(day=TruncDay("created_at"), name_now=Coalesce(Lower("name"), "type")),
    JOBS.filter(Q(name__icontains="(set_config)") | Q(version__gt=F("attempt") + 1)),
    JOBS.filter(created_by__in=User.objects.filter(is_active=True)).select_for_update(
        skip_locked=True, of=["self"]
    ),
]
PLAIN = [
    "INSERT INTO effect VALUES (%s, %s, %s)",
    (
        'INSERT INTO "jobs_job" ("id", "name") VALUES (%s, %s)'
        ' ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name"'
    ),
    'UPDATE "jobs_job" SET "name" = CONCAT("name", %s) WHERE "id" IN (%s, %s)',
    "delete from jobs_job where id = any (%s)",
    "SAVEPOINT s1",
    "SHOW transaction_read_only",
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
]
NOT_PLAIN = [
    "SET search_path TO x", "set role x", "RESET ALL", "SELECT set_config('a.b', 'x', false)",
    "SELECT pg_catalog.set_config ('a.b', 'x', false)",
    'SELECT "set_config"(\'a.b\', \'x\', false)',
    "SELECT set_config/**/('a.b', 'x', false)", "SELECT set_config -- (\n('a.b', 'x', false)",
    "SELECT pg_advisory_lock(1)", "SELECT of_somebody(1)", "SELECT 1; SET search_path TO x",
    "SELECT 1 INTO TEMP t",
    "WITH x AS (SELECT set_config('a.b', 'x', false)) SELECT * FROM x",
    "CREATE TEMP TABLE t (x int)",
    "INSERT INTO t SELECT set_config('a.b', 'x', false)", "DO $$ BEGIN END $$", "CALL anything()",
    "LISTEN x",
    "PREPARE x AS SELECT 1", "DECLARE x CURSOR WITH HOLD FOR SELECT 1", "LOAD 'x'", "DISCARD TEMP",
    "EXPLAIN SELECT 1",
    "/* a */ SET search_path TO x", "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "",
    "BEGIN",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
def test_what_the_orm_asks_is_plain(query):
    sql, _ = query.query.sql_with_params()
    assert is_plain(sql), sql


@pytest.mark.parametrize("sql", PLAIN)
def test_statements_that_change_rows_at_most_are_plain(sql):
    assert is_plain(sql)


@pytest.mark.parametrize("sql", NOT_PLAIN)
def test_a_statement_that_may_change_its_session_is_not_plain(sql):
    assert not is_plain(sql)
