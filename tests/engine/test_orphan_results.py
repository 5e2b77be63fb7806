"""TaskResults without a job are removed after a month, at a cost that does not grow."""

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from django_celery_results.models import TaskResult

from jobs.engine.upkeep import orphan_results, prune
from jobs.engine.upkeep.orphan_results import RESULTS_A_SLICE, ResultSearch, owners, slice_after
from jobs.lifecycle import TASK
from jobs.models import Job, Status
from tests.support.factories import make_job

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "worker"]),
    pytest.mark.usefixtures("own_files"),
]

MANY = """INSERT INTO django_celery_results_taskresult
    (task_id, task_name, status, content_type, content_encoding, date_created, date_done)
    SELECT gen_random_uuid()::text, 'jobs.run_job', 'SUCCESS', '', '', now(),
        now() - interval '40 days'
    FROM generate_series(1, %s)"""
JOBS = """INSERT INTO jobs_job (id, name, type, params, queue, status, version, progress_message,
        created_by_name, source, request_id, publishes, attempt, worker, cancel_requested_by,
        cancel_reason, acknowledged_by,
        error_code, error_type, error_message, error_traceback, request_hash, finished_at)
    SELECT task_id::uuid, 'a', 'report', '{}', 'default', 'COMPLETED', 1, '',
        '', 'API', '', 1, 1, '', '',
        '', '',
        '', '', '', '', '', now()
    FROM django_celery_results_taskresult"""


def result_of(task_id, days=40, task_name=TASK):
    result = TaskResult.objects.create(task_id=str(task_id), task_name=task_name)
    TaskResult.objects.filter(id=result.id).update(date_done=timezone.now() - timedelta(days=days))
    return result.id


def left():
    return set(TaskResult.objects.values_list("id", flat=True))


def test_old_results_of_no_job_are_removed_whatever_their_task_id():
    kept = {
        result_of(make_job(status=Status.COMPLETED).id),
        result_of("young", days=29),
    }
    job = make_job(status=Status.COMPLETED)
    for task_id in (
        "no id of a job",
        job.id.hex,
        str(job.id).upper(),
        "",
        "0197a000-0000-7000-8000-000000000001",
    ):
        result_of(task_id)
    assert (prune(dry_run=True).task_results, TaskResult.objects.count()) == (5, 7)
    assert prune().task_results == 5
    assert left() == kept


@pytest.mark.parametrize("task_name", ["shop.tasks.mail", None])
def test_results_of_a_projects_own_tasks_stay_for_ever(task_name):
    theirs = result_of("0197a000-0000-7000-8000-000000000001", task_name=task_name)
    assert prune().task_results == 0
    assert left() == {theirs}


def test_a_search_goes_on_where_the_last_one_ended_and_begins_again_at_the_end(monkeypatch):
    monkeypatch.setattr(orphan_results, "RESULTS_A_SLICE", 2)
    monkeypatch.setattr(orphan_results, "SLICES_A_SEARCH", 2)
    ids = [result_of(f"r{number}") for number in range(10)]
    search = ResultSearch()

    def found():
        return sum(search.steps(whole=False, dry_run=False))

    assert (found(), left()) == (4, set(ids[4:]))
    assert (found(), found(), found()) == (4, 2, 0)
    again = result_of("again")
    assert (found(), again in left()) == (1, False)


def test_slices_are_read_by_index_alone():
    with connections["worker"].cursor() as cursor:
        cursor.execute(MANY, [50_000])
        cursor.execute(JOBS)
        cursor.execute("ANALYZE jobs_job, django_celery_results_taskresult")
    assert Job.objects.count() == 50_000
    ids = list(slice_after(0).values_list("task_id", flat=True)[:RESULTS_A_SLICE])
    for query in (slice_after(20_000)[:RESULTS_A_SLICE], owners(ids).values_list("id")):
        plan = query.explain()
        assert "Index" in plan, plan
        assert "Seq Scan" not in plan, plan
        assert "Hash Join" not in plan, plan
