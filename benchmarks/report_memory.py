"""`python -m benchmarks.report_memory`: memory for reports and exports of a million jobs.

Prints a line of JSON for each type and format: seconds, size of the files, and growth of the pool
process, which is its peak during the job less what it held before, after a first job that wrote no
rows. It starts PostgreSQL, Redis and a worker with one pool process, and leaves nothing behind.
Linux only: it reads /proc.
"""

import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from backoffice.local import processes
from benchmarks.harness import ground

PATIENCE_SECONDS = 1800

FILL = """
    INSERT INTO jobs_job SELECT new.*
    FROM jobs_job AS template, generate_series(1, %s) AS number,
    LATERAL jsonb_populate_record(template, jsonb_build_object(
        'id', gen_random_uuid(), 'name', 'Import the customers of region ' || number,
        'status', CASE WHEN number %% 10 = 0 THEN 'FAILED' ELSE 'COMPLETED' END,
        'error_code', CASE WHEN number %% 10 = 0 THEN 'exception' ELSE '' END,
        'error_message', CASE WHEN number %% 10 = 0 THEN repeat('It broke. ', 20) ELSE '' END,
        'created_at', now() - number * interval '0.5 s',
        'started_at', now() - (number - 1) * interval '0.5 s',
        'finished_at',
            now() - (number - 1) * interval '0.5 s' + number %% 100 * interval '1 s')) AS new
"""


@contextmanager
def worker(home: Path) -> Iterator[int]:
    """A worker with one pool process; gives its pid."""
    command = [sys.executable, "-m", "celery", "-A", "backoffice", "worker"]
    command += ["--concurrency=1", "--loglevel=WARNING"]
    with (home / "worker.log").open("w") as log:
        running = processes.spawn(command, dying=signal.SIGTERM, stdout=log, stderr=log)
        try:
            yield running.pid
        finally:
            processes.stop_process(running, signal.SIGTERM, 60)


def memory_mb(pid: int, what: str) -> float:
    """VmRSS (now) or VmHWM (the peak) of a process. Source: /proc/PID/status."""
    [kilobytes] = re.findall(rf"{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(kilobytes) / 1024


def fill(jobs: int) -> None:
    """Make that many settled jobs out of one."""
    # Here, as below, because models are imported only once Django is set up, on servers that must
    # run before.
    from jobs.models import Job

    now = timezone.now()
    template = Job.objects.create(
        name="x", type="import", status="COMPLETED", attempt=1, started_at=now, finished_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute(FILL, [jobs])
        cursor.execute("ANALYZE jobs_job")
    template.delete()


def run(type: str, **params: object) -> dict[str, object]:
    """Launch a job, wait for its end; returns what is worth knowing of it."""
    from jobs import services
    from jobs.models import Source

    caller = services.Caller(user=None, name="benchmark", source=Source.COMMAND)
    job, _ = services.submit(caller, type=type, params=params)
    end = time.monotonic() + PATIENCE_SECONDS
    while not job.is_settled and time.monotonic() < end:
        time.sleep(0.2)
        job.refresh_from_db()
    assert job.status == "COMPLETED", (job.status, job.progress_message, job.error_message)
    return {
        "pid": job.pid,
        "rows": job.result["rows" if type == "export" else "jobs"],
        "seconds": round((job.finished_at - job.started_at).total_seconds(), 1),
        "files_mb": round(sum(file.size for file in job.files.all()) / 2**20, 1),
    }


def measured(pid: int, type: str, **params: object) -> dict[str, object]:
    """Run a job in the pool process `pid`; return by how many bytes the process grew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")  # resets the peak
    before = memory_mb(pid, "VmRSS")
    ran = run(type, **params)
    peak = memory_mb(pid, "VmHWM")
    assert ran["pid"] == pid, "another process ran it"
    return ran | {"before_mb": round(before, 1), "grew_mb": round(peak - before, 1)}


def main() -> None:
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with ground.project() as home, worker(home) as main_pid:
        fill(jobs)
        run("report")
        run("export", until="2000-01-01T00:00:00Z")
        [pool_pid] = Path(f"/proc/{main_pid}/task/{main_pid}/children").read_text().split()
        since = (timezone.now() - timedelta(days=30)).isoformat()
        for format in ("xlsx", "csv", "json"):
            figures = measured(int(pool_pid), "report", format=format, list_jobs=True, since=since)
            print(json.dumps({"type": "report", "format": format} | figures), flush=True)
        for format in ("xlsx", "csv", "jsonl"):
            figures = measured(int(pool_pid), "export", format=format, since=since)
            print(json.dumps({"type": "export", "format": format} | figures), flush=True)


if __name__ == "__main__":
    main()
