"""Submits, follows and downloads with the generated client, which the test puts beside it."""

import os
import time
from datetime import UTC, datetime
from hashlib import sha256

from client import AuthenticatedClient
from client.api.job_types import list_job_types
from client.api.jobs import download_file, get_job, list_files, list_jobs, submit_batch, submit_job
from client.models import (
    Batch,
    Job,
    JobErrorCode,
    Problem,
    ProblemCode,
    Status,
    SubmitByName,
    TypeFileParams,
    TypeFileSubmit,
    TypeImportCustomersSubmit,
)
from client.models.type_file_params_kind import TypeFileParamsKind
from client.types import File

api = AuthenticatedClient(base_url=os.environ["SERVER"], token=os.environ["TOKEN"], timeout=60)

params = TypeFileParams(
    text="hi", at=datetime(2026, 11, 22, tzinfo=UTC), kind=TypeFileParamsKind("a-1")
)
job = submit_job.sync(client=api, body=TypeFileSubmit(type_="file", params=params))
assert isinstance(job, Job), job
assert (job.attempt, job.queue, job.started_at, job.source) == (0, "default", None, "api")

for _ in range(30):
    if job.status not in (Status.PENDING, Status.PROCESSING):
        break
    time.sleep(0.2)
    job = get_job.sync(client=api, id=job.id, wait=5)
    assert isinstance(job, Job), job
assert job.status == Status.COMPLETED, job.explanation
assert job.result.to_dict() == {"kind": "a-1", "text": "hi"}
assert isinstance(job.finished_at, datetime)

[listed] = list_files.sync(client=api, id=job.id).results
content = download_file.sync(client=api, id=job.id, name=listed.name)
assert isinstance(content, File), content
assert sha256(content.payload.read()).hexdigest() == listed.sha256
part = download_file.sync(client=api, id=job.id, name=listed.name, range_="bytes=0-2")
assert part.payload.read() == b"one"

batch = Batch(
    jobs=[TypeImportCustomersSubmit(type_="import_customers"), SubmitByName(name="Batch")]
)
accepted = submit_batch.sync(client=api, body=batch)
assert [one.type_ for one in accepted.results] == ["import_customers", "file"]
found = list_jobs.sync(client=api, batch=accepted.batch_id)
assert {one.id for one in found.results} == {one.id for one in accepted.results}

refused = submit_job.sync(client=api, body=SubmitByName(name=""))
assert isinstance(refused, Problem), refused
assert refused.code == ProblemCode.INVALID
assert refused.errors[0].pointer == "/name"
assert JobErrorCode.WORKER_LOST == "worker_lost"
assert "file" in {one.type_ for one in list_job_types.sync(client=api).results}
print("done")
