"""Every address answers byte for byte as answers.txt has it, with ids and times of today replaced.

To update the file after a change: UPDATE_ANSWERS=1 python -m pytest tests/api/test_answers.py
"""

import os
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from rest_framework.test import APIClient

from jobs import explain
from jobs.models import Job, JobEvent, JobFile, JobLog, JobUpload, Upload
from tests.support.factories import make_job, make_user, make_worker

API = "/api/v1/"
ANSWERS = Path(__file__).with_name("answers.txt")
HEADERS = ("Allow", "Location", "ETag", "Retry-After", "Idempotency-Replayed", "Content-Type")
BEGIN = datetime(2026, 1, 2, 3, 4, 5, 678900, UTC)
# An id begins with the milliseconds of its creation.
FIRST = int(BEGIN.timestamp() * 1000) << 80
FAILED, RUNS, DONE, WAITS, SENT = (UUID(int=FIRST + number) for number in range(1, 6))
ESTIMATE = re.compile(r"(?<=\"eta_seconds\":)\d+")
TODAY = re.compile(r"(?!2026-01)\d{4}-\d\d-\d\dT[0-9:.]+Z")
REPLACED = re.compile(
    rf"(?!{str(FAILED)[:8]}-)[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}"
    r"|(?<=\"request_id\":\")[0-9a-f]{32}"
)
NAMED = f"jobs/{FAILED}/"
CALLS = [
    *(("get", address, None) for address in ("jobs/?count=true", "jobs/?page_size=2&ordering=id")),
    ("get", "jobs/?status=FAILED,PENDING&type=quick", None),
    ("get", "jobs/?ordering=-finished_at&active=false&page_size=1", None),
    *(("get", f"jobs/{one}/", None) for one in (FAILED, RUNS, DONE, WAITS)),
    *(("get", f"{NAMED}{part}/", None) for part in ("events", "logs", "files")),
    ("get", f"{NAMED}logs/?after=1", None),
    ("get", f"{NAMED}files/notes.txt", None),
    (
        "get",
        "jobs/stats/?created_after=2026-01-01T00:00:00Z&created_before=2026-01-09T00:00:00Z",
        None,
    ),
    ("get", "job-types/quick/", None),
    ("get", f"{NAMED}uploads/", None),
    ("get", f"uploads/{SENT}/", None),
    ("get", f"uploads/{SENT}/content", None),
    ("get", f"{NAMED}uploads/{SENT}/content", None),
    ("delete", f"uploads/{SENT}/", None),
    ("post", "uploads/?x=1&size=a", {}),
    ("post", "uploads/?name=a.json&size=2", {}),
    ("get", "uploads/", None),
    ("post", "jobs/", {"name": "Quick"}),
    ("post", "jobs/batch/", {"jobs": [{"name": "Quick"}, {"type": "quick", "name": "b"}]}),
    ("post", f"jobs/{WAITS}/cancel/", {"reason": "wrong month"}),
    ("post", f"jobs/{RUNS}/cancel/", {}),
    ("post", f"jobs/{DONE}/cancel/", {}),
    ("post", f"{NAMED}rerun/", {}),
    ("post", f"{NAMED}acknowledge/", {"note": "known"}),
    ("post", f"{NAMED}rerun/?a=1", {"x": 1}),
    ("post", f"{NAMED}cancel/?a=1", {"reason": 5, "x": 1}),
    ("get", "jobs/?page_size=0&x=1&status=NO&cursor=a&ordering=up", None),
    ("get", "jobs/stats/?x=1&created_after=now", None),
    *(("get", f"{NAMED}{part}?x=1", None) for part in ("", "events/", "logs/", "files/")),
    ("get", f"{NAMED}files/notes.txt?x=1", None),
    ("get", f"{NAMED}files/other.txt", None),
    *(("get", f"{one}?x=1", None) for one in ("job-types/", "job-types/quick/", "schema/")),
    ("post", "jobs/?x=1", {"params": 5}),
    ("post", "jobs/batch/?x=1", {"jobs": [{"params": 5}]}),
    ("delete", f"jobs/{RUNS}/", None),
    ("delete", f"jobs/{DONE}/?x=1", None),
    ("delete", f"jobs/{DONE}/", None),
    ("put", "jobs/", {}),
    *(("options", one, None) for one in ("jobs/", "job-types/", "nothing/")),
    *(
        ("get", one, None)
        for one in ("nothing/", "jobs", "job-types/none/", f"jobs/{UUID(int=5)}/")
    ),
]


def make_jobs(owner) -> None:
    """One job of each kind; the failed one with an event, two log lines and a file."""
    times = {"created_at": BEGIN, "started_at": BEGIN + timedelta(seconds=1.5)}
    common = {"created_by": owner, "created_by_name": "billing-system", "type": "quick"}
    ended = times | {"finished_at": BEGIN + timedelta(seconds=62)}
    seen = {"acknowledged_by": "anna", "acknowledged_note": "known", "acknowledged_at": BEGIN}
    make_job(id=FAILED, name="fails ü", status="FAILED", **common, **ended, **seen)
    asked = {"cancel_requested_at": BEGIN, "cancel_requested_by": "anna", "cancel_reason": "late"}
    make_job(
        id=RUNS, name="runs", status="PROCESSING", progress_percent=40, **common, **times, **asked
    )
    make_job(id=DONE, name="done", status="COMPLETED", result={"rows": 2}, **common, **ended)
    make_job(id=WAITS, name="waits", created_at=BEGIN, rerun_of_id=DONE, **common)
    job = Job.objects.get(id=FAILED)
    for before, after in (("", "PENDING"), ("PENDING", "PROCESSING")):
        event = {"from_status": before, "to_status": after, "actor": "anna", "at": BEGIN}
        JobEvent.objects.create(job=job, **event)
    for number in (1, 2):
        line = {"seq": number, "level": "INFO", "message": f"line {number}", "at": BEGIN}
        JobLog.objects.create(job=job, attempt=1, **line)
    stored = storages["jobs"].save("notes", ContentFile(b"some notes"))
    file = {"name": "notes.txt", "content_type": "text/plain", "size": 10, "sha256": "0" * 64}
    JobFile.objects.create(job=job, attempt=1, stored_name=stored, created_at=BEGIN, **file)
    stored = storages["jobs"].save("sent", ContentFile(b"sent notes"))
    sent = {"id": SENT, "stored_name": stored, "created_by": owner, "unused_since": None}
    upload = Upload.objects.create(created_at=BEGIN, **file | sent)
    JobUpload.objects.create(job=job, upload=upload)


def as_text(method: str, address: str, answer) -> str:
    """The call, and its answer: status, headers, body."""
    headers = [f"{name}: {answer[name]}" for name in HEADERS if name in answer]
    body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()
    return "\n".join([f"{method.upper()} {address}", str(answer.status_code), *headers, body])


def with_stable_ids(text: str) -> str:
    """`text` with estimates and times of today masked, and each id numbered as it first occurs."""
    numbers, names = count(1), {}
    text = TODAY.sub("<time>", ESTIMATE.sub("<seconds>", text))
    return REPLACED.sub(lambda m: names.setdefault(m[0], f"<{next(numbers)}>"), text)


@pytest.mark.usefixtures("quick", "own_files")
def test_every_address_answers_as_in_the_file(make_client, monkeypatch):
    monkeypatch.setattr(explain, "RECENT_SECONDS", -1)  # each 201 has its own explanation
    rights = ("jobs.add_job", "jobs.cancel_job", "jobs.delete_job")
    client = make_client(user=make_user(*rights, username="billing-system"))
    make_jobs(client.user)
    make_worker(types=["quick"])
    answers = []
    for method, address, body in CALLS:
        answer = getattr(client, method)(API + address, body, format="json")
        answers.append(as_text(method, address, answer))
    answers.append(as_text("get", "jobs/ without a token", APIClient().get(f"{API}jobs/")))
    text = with_stable_ids("\n\n".join(answers)) + "\n"
    if os.environ.get("UPDATE_ANSWERS"):
        ANSWERS.write_text(text)
    assert text == ANSWERS.read_text()
