"""Logs are JSON, one line a record, with the ids of their request and job."""

import io
import json
import logging
import sys

import pytest

from backoffice.gunicorn import ErrorLogger
from backoffice.logging import JsonFormatter, logging_settings, request_id
from jobs.engine import broker
from jobs.models import Job
from tests.support.factories import make_job
from tests.support.polling import wait_until
from tests.support.processes import run, started

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def written(message="", *args, **fields):
    line = JsonFormatter().format(logging.makeLogRecord({"msg": message, "args": args, **fields}))
    assert "\n" not in line
    return json.loads(line)


def test_a_newline_in_a_message_stays_inside_its_record():
    forged = 'report\n{"level": "INFO", "message": "all is well"}\r\n\x00\ud800'
    assert written("job %s", forged)["message"] == f"job {forged}"


def test_a_traceback_stays_inside_its_record():
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = written("failed", exc_info=sys.exc_info())
    assert record["traceback"].startswith("Traceback")
    assert "two\nlines" in record["traceback"]


def test_a_record_carries_what_its_caller_added():
    assert (
        written("done", path="/admin/", status=200).items()
        >= {"path": "/admin/", "status": 200}.items()
    )


def test_a_record_names_the_request_it_was_written_for():
    token = request_id.set("order-4711")
    assert written("here")["request_id"] == "order-4711"
    request_id.reset(token)
    assert "request_id" not in written("outside")


def test_the_records_of_a_request_have_its_trace(client):
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    try:
        for header in (TRACEPARENT, TRACEPARENT.upper()):
            client.get("/nothing", headers={"traceparent": header})
    finally:
        logging.getLogger().removeHandler(handler)
    records = [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    ours = [one for one in records if one["logger"] == "backoffice.request"]
    assert [one.get("trace_id") for one in ours] == [TRACEPARENT[3:35], None]


def test_a_level_below_the_chosen_one_is_not_written():
    assert logging_settings("WARNING")["root"]["level"] == "WARNING"


@pytest.mark.django_db(transaction=True, databases=["default", "worker"])
def test_a_worker_writes_json_alone_and_names_the_job_and_its_request(tmp_path):
    job = make_job(request_id="order-4711", traceparent=TRACEPARENT)
    command = [
        "celery",
        "--app=backoffice",
        "--quiet",
        "worker",
        "--concurrency=1",
        "--without-gossip",
        "--without-mingle",
    ]
    log = tmp_path / "log"
    with (
        log.open("w") as out,
        started(command, log=out, REMAP_SIGTERM="SIGQUIT", FILES_DIR=str(tmp_path)),
    ):
        broker.publish([job])
        wait_until(lambda: Job.objects.settled().filter(id=job.id).exists())
    records = [json.loads(line) for line in log.read_text().splitlines()]
    ended = next(
        record for record in records if record["message"] == "job of type report ended: COMPLETED"
    )
    assert (ended["job_id"], ended["request_id"]) == (str(job.id), "order-4711")
    assert ended["trace_id"] == TRACEPARENT[3:35]


PRINT = """
import django
django.setup()
from backoffice.celery import app
app.log.setup()
print("printed by a handler")
"""


def test_what_a_handler_prints_is_a_record_in_the_worker():
    done = run("python", "-c", PRINT, DJANGO_SETTINGS_MODULE="backoffice.settings")
    assert json.loads(done.stderr)["message"] == "printed by a handler"
    assert done.stdout == ""


def test_gunicorn_computes_no_fields_of_an_access_log():
    logger = ErrorLogger.__new__(ErrorLogger)  # without its set-up, which replaces the handlers
    logger.access(resp=None, req=None, environ={}, request_time=None)
