"""A pool process goes on with the jobs that wait behind its first one, in their order."""

import os
import time
from types import SimpleNamespace
from uuid import UUID

import pytest
from celery import signals
from celery.worker.request import Request

from jobs.engine import broker
from jobs.engine.worker import backlog, crashes, replacement, state
from jobs.engine.worker.agent import Agent
from jobs.engine.worker.request import JobRequest
from jobs.engine.worker.state import CrashedAttempt, WorkerState
from jobs.engine.worker.tasks import JobFailed, run_job
from jobs.models import Job, Status
from tests.support.factories import make_job

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "worker"])


@pytest.fixture
def worker(redis, monkeypatch, make_type) -> WorkerState:
    """A worker with an open backlog, of which this process is a pool process."""
    make_type(note, slug="note")
    make_type(fail, slug="fail")
    worker = WorkerState()
    monkeypatch.setattr(state, "_this_worker", worker)
    monkeypatch.setattr(worker.backlog, "_main_pid", os.getppid())
    worker.backlog.open()
    ran.clear()
    return worker


ran: list[str] = []


def note(job):
    ran.append(job.name)


def fail(job):
    raise ValueError("it broke")


def waiting(*names, **fields) -> list[Job]:
    jobs = [make_job(name=name, **{"type": "note"} | fields) for name in names]
    broker.publish(jobs)
    return jobs


def take(queue="default", began_at=None) -> UUID | None:
    worker = state.current_worker()
    return worker.backlog.next_id(
        queue, began_at=time.monotonic() if began_at is None else began_at
    )


def run(job):
    """Let Celery hand this process the job's message."""
    return run_job.apply(task_id=str(job.id))


def test_jobs_that_wait_behind_the_first_run_in_their_order(worker, redis):
    first = make_job(name="first", type="note")
    others = waiting("second", "third", "fourth")
    run(first)
    assert ran == ["first", "second", "third", "fourth"]
    assert {job.status for job in Job.objects.all()} == {Status.COMPLETED}
    assert redis.llen("default") == 0
    assert worker.running.holders() == {}
    assert len(others) == 3


def test_jobs_of_other_queues_are_left_to_celery(worker, redis):
    waiting("elsewhere", queue="slow")
    run(make_job(type="note", name="first"))
    assert ran == ["first"]
    assert redis.llen("slow") == 1


def test_the_next_job_runs_whatever_became_of_the_one_before(worker):
    waiting("second")
    gone, failing = make_job(type="note", status=Status.CANCELLED), make_job(type="fail")
    broker.publish([gone, failing])
    waiting("third")
    run(make_job(name="first", type="note"))
    assert ran == ["first", "second", "third"]
    failing.refresh_from_db()
    assert failing.status == Status.FAILED


def test_celery_learns_what_became_of_the_first_job(worker):
    waiting("second")
    assert isinstance(run(make_job(type="fail")).result, JobFailed)
    waiting("third")
    waiting(type="fail")
    assert run(make_job(type="note")).successful()


def test_each_job_is_a_task_of_its_own_to_receivers_of_signals(worker):
    seen = []

    def receive(task_id, task, **kwargs):
        seen.append((task_id, task.request.id))

    [second] = waiting("second")
    first = make_job(type="note", name="first")
    signals.task_prerun.connect(receive)
    signals.task_postrun.connect(receive)
    try:
        run(first)
    finally:
        signals.task_prerun.disconnect(receive)
        signals.task_postrun.disconnect(receive)
    first_id, second_id = str(first.id), str(second.id)
    assert [task_id for task_id, _ in seen] == [first_id, second_id, second_id, first_id]
    assert all(task_id == request_id for task_id, request_id in seen)


def test_a_worker_that_stops_takes_nothing_more(worker, redis):
    waiting("second")
    worker.backlog.close()
    worker.backlog.open()  # the agent polls on until the worker ends
    assert take() is None
    assert redis.llen("default") == 1


def test_nothing_is_taken_without_a_main_process_that_renews_leases(worker, redis, monkeypatch):
    waiting("second")
    monkeypatch.setattr(worker.backlog, "_main_pid", os.getpid())
    assert take() is None, "the main process was killed"
    monkeypatch.setattr(worker.backlog, "_main_pid", os.getppid())
    monkeypatch.setattr(backlog, "STALE_SECONDS", -1)
    worker.backlog.open()
    assert take() is None, "its agent hangs"
    assert redis.llen("default") == 1


def test_after_a_second_celery_serves_the_queues_again(worker, redis):
    waiting("second")
    assert take(began_at=time.monotonic() - backlog.TURN_SECONDS - 0.1) is None
    assert redis.llen("default") == 1


def test_a_process_that_is_replaced_takes_nothing_more(worker, redis, monkeypatch):
    monkeypatch.setattr(replacement, "_is_due", False)
    monkeypatch.setattr(replacement, "_jobs_left", 2)
    waiting("second", "third")
    run(make_job(name="first", type="note"))
    assert ran == ["first", "second"]
    assert redis.llen("default") == 1


def test_forged_messages_are_dropped_with_a_warning(worker, redis, caplog):
    redis.lpush("default", b"\x00 no job's")
    assert take() is None
    assert "is no job's, and is dropped" in caplog.text


def test_a_queue_that_cannot_be_read_is_left_to_celery(worker, redis):
    redis.set("default", "no list")
    assert take() is None
    redis.delete("default")
    [job] = waiting("second")
    assert take() == job.id, "the connection is opened again"


def test_a_redis_that_is_away_ends_the_turn_and_not_the_job(worker, broken_redis):
    first = make_job(name="first", type="note")
    run(first)
    first.refresh_from_db()
    assert first.status == Status.COMPLETED


def test_main_process_knows_which_job_a_process_has_taken_even_after_its_end(worker):
    [job] = waiting("second")
    worker.running.take(job.id)
    assert worker.running.holders() == {job.id: os.getpid()}
    assert worker.running.job_of(os.getpid()) == job.id
    assert worker.running.in_process(os.getpid()) is None, "no handler runs yet"
    pid = os.fork()
    if pid == 0:  # the next process in the same place of the pool
        worker.running.take(UUID(int=1))
        os._exit(0)
    os.waitpid(pid, 0)
    assert worker.running.holders() == {job.id: os.getpid(), UUID(int=1): pid}
    worker.running.forget(pid)
    worker.running.release()
    assert worker.running.holders() == {}


def test_an_attempt_that_celery_does_not_report_ends_once_its_process_is_gone(worker, monkeypatch):
    monkeypatch.setattr(crashes, "VANISHED_SECONDS", 0.0)
    job = make_job(type="note", status=Status.PROCESSING, worker=worker.id)
    pid = os.fork()
    if pid == 0:
        worker.running.take(job.id)
        os._exit(0)
    os.waitpid(pid, 0)
    Job.objects.filter(id=job.id).update(pid=pid)
    agent = Agent(worker, 1, ["default"])
    agent.poll()
    job.refresh_from_db()
    assert job.status == Status.PROCESSING, "Celery may still say what ended it"
    agent.poll()
    agent.poll()
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "worker_lost")
    assert worker.running.holders() == {}


def test_a_failed_message_reports_the_job_that_its_process_had_gone_on_to(worker):
    first, second = UUID(int=1), UUID(int=2)
    worker.running.take(second)
    error = SimpleNamespace(exception=ValueError("a bug"), traceback="")
    request = JobRequest.__new__(JobRequest)
    request.id, request.worker_pid = str(first), os.getpid()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Request, "on_failure", lambda *args, **kwargs: None)
        request.on_failure(error)
    assert worker.crashes.get_nowait() == CrashedAttempt(second, os.getpid(), "a bug")
    assert worker.running.holders() == {}
