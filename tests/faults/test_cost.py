"""What a job costs PostgreSQL in the worker, counted from PostgreSQL's own statement log."""

import re
import time
from collections import Counter

import pytest

JOBS = 1000
ENTRY = re.compile(r"^(\d+)\|LOG:  statement: \s*(\w+)(.*?)(?=^\d+\||\Z)", re.MULTILINE | re.DOTALL)


@pytest.mark.long
def test_a_job_costs_two_statements_two_commits_and_no_connection(stack):
    stack.client.batch(JOBS, "idle")
    for name, value in {"log_statement": "all", "log_line_prefix": "%p|"}.items():
        stack.sql(f"ALTER SYSTEM SET {name} = '{value}'")
    stack.sql("SELECT pg_reload_conf()")
    time.sleep(0.3)
    start = stack.postgres.log.stat().st_size
    try:
        stack.worker()
        stack.drain()
    finally:
        stack.sql("ALTER SYSTEM RESET ALL")
        stack.sql("SELECT pg_reload_conf()")
    assert stack.sql("SELECT status, count(*) FROM jobs_job GROUP BY 1") == [("COMPLETED", JOBS)]
    entries = ENTRY.findall(stack.postgres.log.read_bytes()[start:].decode(errors="replace"))
    claimers = {backend for backend, _, text in entries if "started_at = clock_timestamp()" in text}
    assert len(claimers) == 2, "a connection for each pool process, none for each job"
    verbs = Counter(verb for backend, verb, _ in entries if backend in claimers)
    assert not {"BEGIN", "COMMIT", "ROLLBACK"} & set(verbs), "each statement is its own commit"
    checks = verbs.pop("SELECT", 0)
    assert 2 * JOBS <= verbs.total() <= 2 * JOBS + 20, verbs
    assert checks <= JOBS
