"""The sentence on why a job is where it is, and the estimate of when it will have ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs import explain, stats
from jobs.admin.display import columns
from jobs.admin.job_list import rows
from tests.support.factories import make_job, make_worker

pytestmark = pytest.mark.django_db


def ago(**spans):
    return timezone.now() - timedelta(**spans)


def ran(seconds, type="report"):
    return make_job(
        status="COMPLETED", type=type, started_at=ago(seconds=seconds), finished_at=timezone.now()
    )


def test_without_a_worker_it_says_which_queue_nobody_serves():
    make_worker(queues=["other"])
    make_worker(heartbeat_at=ago(minutes=5))
    assert explain.explanation(make_job()).sentence == 'No live worker serves the queue "default".'


def test_a_type_that_no_worker_knows_yet_is_named():
    make_worker(types=["other"])
    assert "knows the type" in explain.explanation(make_job()).sentence


def test_the_jobs_ahead_are_counted_in_its_own_queue():
    make_worker()
    make_job(queue="other")
    make_job(status="PROCESSING")
    first, _, third = make_job(), make_job(), make_job()
    assert explain.explanation(first).sentence == "It is the next one to be taken."
    assert explain.explanation(third).sentence == "2 jobs are ahead of it."
    assert stats.lines([third])["default"].places == {str(third.id): 2}


def test_the_estimate_is_what_the_jobs_ahead_take_on_all_slots():
    make_worker(slots=2)
    for seconds in (20, 40):
        ran(seconds)
    for _ in range(12):
        make_job()
    told = explain.explanation(make_job())
    assert told.sentence == "12 jobs are ahead of it, usually about 3 min."
    assert told.eta_seconds == pytest.approx(12 * 30 / 2 + 30, abs=2)


def test_a_short_job_behind_long_ones_is_not_promised_the_time_of_its_own_type():
    make_worker(slots=1, types=["long", "short"])
    for _ in range(3):
        ran(10, "long")
        ran(0.1, "short")
    for _ in range(18):
        make_job(type="long")
    told = explain.explanation(make_job(type="short"))
    assert told.sentence == "18 jobs are ahead of it, usually about 3 min."
    assert told.eta_seconds == pytest.approx(18 * 10, abs=2)


def test_one_long_job_ahead_keeps_only_one_of_the_slots():
    make_worker(slots=2, types=["long", "short"])
    ran(600, "long")
    ran(10, "short")
    for type in ("long", "short", "short"):
        make_job(type=type)
    told = explain.explanation(make_job(type="short"))
    assert told.sentence == "3 jobs are ahead of it, usually about 20 s."


def test_the_slots_that_are_taken_come_free_when_their_jobs_have_usually_ended():
    worker = make_worker(slots=1)
    ran(60)
    make_job(status="PROCESSING", worker=worker.id, started_at=ago(seconds=20))
    told = explain.explanation(make_job())
    assert told.sentence == "It is the next one to be taken, usually in about 40 s."
    assert told.eta_seconds == pytest.approx(40 + 60, abs=2)


def test_a_job_that_tells_its_progress_frees_its_slot_by_that():
    worker = make_worker(slots=1)
    ran(60)
    make_job(
        status="PROCESSING", worker=worker.id, started_at=ago(seconds=300), progress_percent=75
    )
    assert "usually in about 1 min 40 s" in explain.explanation(make_job()).sentence


@pytest.mark.parametrize(
    "case", ["new type ahead", "new type runs", "runs too long", "other queue"]
)
def test_no_time_is_told_where_none_can_be_known(case):
    queues = ["default", "other"] if case == "other queue" else ["default"]
    worker = make_worker(slots=1, queues=queues)
    for _ in range(2):
        ran(10)
    if case == "new type ahead":
        make_job(type="new")
    if case == "new type runs":
        make_job(status="PROCESSING", type="new", worker=worker.id)
    if case == "runs too long":
        make_job(status="PROCESSING", worker=worker.id, started_at=ago(minutes=9))
    if case == "other queue":
        make_job(queue="other")
    make_job()
    told = explain.explanation(make_job())
    assert told.sentence.endswith("ahead of it.")
    assert told.eta_seconds is None


def test_the_list_and_the_page_of_a_job_tell_the_same_time():
    make_worker(slots=1, types=["long", "short"])
    ran(10, "long")
    ran(0.1, "short")
    for _ in range(6):
        make_job(type="long")
    job = make_job(type="short")
    rows.clear_usual_cache()
    [row] = rows.prepare_rows([job])
    assert columns.queue_position(row) == "6 ahead, usually about 1 min"
    assert explain.explanation(job).sentence == "6 jobs are ahead of it, usually about 1 min."


def test_a_running_job_is_estimated_by_its_own_progress():
    job = make_job(status="PROCESSING", started_at=ago(seconds=20), progress_percent=25)
    told = explain.explanation(job)
    assert told.sentence == "Running for 20 s, about 1 min left."
    assert told.eta_seconds == pytest.approx(60, abs=2)


def test_a_running_job_without_progress_is_estimated_by_its_type():
    ran(60)
    told = explain.explanation(make_job(status="PROCESSING", started_at=ago(seconds=20)))
    assert told.eta_seconds == pytest.approx(40, abs=2)


@pytest.mark.parametrize(("percent", "seconds"), [(1, 600), (4, 600), (50, 2)])
def test_too_little_progress_gives_no_estimate(percent, seconds):
    job = make_job(status="PROCESSING", started_at=ago(seconds=seconds), progress_percent=percent)
    assert explain.run_eta_seconds(job) is None
    assert "left" not in explain.explanation(job).sentence


def test_one_job_that_took_hours_does_not_change_what_is_usual():
    make_worker(slots=1)
    for seconds in (10, 10, 10, 20_000):
        ran(seconds)
    for _ in range(6):
        make_job()
    told = explain.explanation(make_job())
    assert told.sentence == "6 jobs are ahead of it, usually about 1 min."
    assert told.ahead == 6


def test_a_job_that_runs_longer_than_usual_says_what_is_usual():
    ran(60)
    told = explain.explanation(make_job(status="PROCESSING", started_at=ago(minutes=84)))
    assert told.sentence == "Running for 1 h 24 min; it usually takes 1 min."
    assert told.eta_seconds is None


def test_a_silent_worker_is_reported_with_the_hour(settings):
    job = make_job(status="PROCESSING", lease_until=ago(seconds=1))
    silent = timezone.localtime(job.lease_until - timedelta(seconds=settings.JOBS_LEASE_SECONDS))
    assert f"stopped answering at {silent:%H:%M}" in explain.explanation(job).sentence


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "FAILED", "error_message": "no file\nat all"}, "Failed: no file"),
        ({"status": "FAILED", "error_message": "", "error_type": "KeyError"}, "Failed: KeyError"),
        ({"status": "CANCELLED"}, "Cancelled."),
        ({"status": "CANCELLED", "cancel_requested_by": "ann"}, "Cancelled by ann."),
        (
            {"status": "CANCELLED", "cancel_requested_by": "ann", "cancel_reason": "wrong month"},
            "Cancelled by ann: wrong month",
        ),
        (
            {"status": "PROCESSING", "cancel_requested_by": "ann", "cancel_requested_at": ago()},
            "Asked to",
        ),
        ({"status": "CANCELLED", "cancel_reason": "wrong month"}, "Cancelled: wrong month"),
    ],
)
def test_other_states_are_told_in_one_sentence(fields, sentence):
    assert explain.explanation(make_job(**fields)).sentence.startswith(sentence)


def test_a_job_that_is_stopping_says_why():
    asked = {
        "cancel_requested_by": "ann",
        "cancel_requested_at": ago(),
        "cancel_reason": "wrong month",
    }
    sentence = explain.explanation(make_job(status="PROCESSING", **asked)).sentence
    assert sentence.startswith("Asked to stop by ann at ")
    assert sentence.endswith(": wrong month")
