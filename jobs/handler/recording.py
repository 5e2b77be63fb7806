"""Runs handlers without a worker, for tests and the terminal, and keeps what they report."""

import json
import shutil
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any

from django.db.models import Model
from uuid_utils.compat import uuid7

from jobs import parameters, registry
from jobs.about import reference_of
from jobs.handler.context import Cancelled, JobContext
from jobs.handler.journal import LogLine
from jobs.models import Job, Source, account_name
from jobs.quantities import amount_text
from jobs.registry import JobType
from jobs.safe_text import file_name
from jobs.uploads import LocalFiles, close_uploads


class RecordingContext(JobContext):
    """A JobContext that needs no database, and that a test can read.

    `reported` has percent (None if the total is 0) and message of each call of `progress`, `lines`
    the log, `files` the path of each saved file by its name, `children` the jobs that it launched,
    and `result` what the handler returned, as it would be stored.
    """

    result: dict[str, Any] | None = None

    def __init__(
        self,
        job: Job | None = None,
        *,
        cancel_after: int | None = None,
        directory: Path | None = None,
        uploads: LocalFiles | None = None,
    ) -> None:
        """Record a run of `job`, which need not be stored; None is a job without an account.

        The call of `progress`, `submit`, `sql` or `run_program` that follows the first
        `cancel_after` ones of `progress` raises Cancelled. Files are saved in `directory`; without
        one, they are deleted together with the context. `uploads` has the files of its params.
        """
        self._job = job or Job(id=uuid7(), attempt=1)
        super().__init__(self._job)
        self.reported: list[tuple[int | None, str]] = []
        self.lines: list[LogLine] = []
        self.files: dict[str, Path] = {}
        self.children: list[Job] = []
        self.uploads = uploads or LocalFiles()
        self._cancel_after = cancel_after
        self._by_key: dict[str, Job] = {}
        self._directory = directory or Path(mkdtemp(prefix="job-"))
        if directory is None:
            weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)

    def stop_reason(self) -> Cancelled | None:
        """Return Cancelled after `cancel_after` reports, else None."""
        return Cancelled() if len(self.reported) == self._cancel_after else None

    def stored_job(self) -> Job:
        """Return the job as it was given."""
        return self._job

    def progress(
        self, done: float, total: float = 100, message: str = "", *, unit: str = ""
    ) -> None:
        """Record a report; with a `unit` and without a message, "3 of 7 rows" is its message.

        Raises: Cancelled after `cancel_after` reports.
        """
        if (found := self.stop_reason()) is not None:
            raise found
        text = message or (amount_text(done, total, unit) if unit else "")
        self.reported.append((self._percent(done, total), text))

    def log(self, message: str, level: str = "INFO") -> None:
        """Record a line of the log."""
        self.lines.append(LogLine(datetime.now(UTC), level, str(message)))

    def submit(
        self,
        type: str,
        params: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        key: str | None = None,
    ) -> Job:
        """Record a child and return it; it is not stored, and a known key returns its child.

        Raises: Cancelled after `cancel_after` reports; UnknownJobType, InvalidParams.
        """
        if (found := self.stop_reason()) is not None:
            raise found
        known = self._by_key.get(key) if key is not None else None
        if known is not None:
            return known
        user, kind = self._job.created_by, registry.get(type)
        child = unsaved_job(kind, params or {}, user, uploads=self.uploads)
        child.name, child.parent_id = name or child.name, self.id
        self.children.append(child)
        if key is not None:
            self._by_key[key] = child
        return child

    @contextmanager
    def save_file(self, name: str, content_type: str) -> Iterator[IO[bytes]]:
        """Yield a file in the directory; it is kept if the block raises nothing."""
        path = self._directory / file_name(name)
        partial = path.with_name(f"{path.name}.partial")
        try:
            with partial.open("wb") as file:
                yield file
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        self.files[path.name] = path

    def close(self) -> None:
        """Do nothing: there is nothing to flush."""


def unsaved_job(
    job_type: JobType,
    params: Mapping[str, Any],
    user: Any = None,
    about: Model | None = None,
    uploads: LocalFiles | None = None,
) -> Job:
    """Return a job of `user`, or of a command, with validated params; it is not stored.

    Open files and paths among the params become ids in `uploads`.

    Raises: InvalidParams; InvalidAbout if the object was not saved.
    """
    reference = None if about is None else reference_of(about)
    uploads = uploads or LocalFiles()
    given = uploads.with_ids(params)
    return Job(
        id=uuid7(),
        name=job_type.label,
        type=job_type.slug,
        params=parameters.validate(job_type, given, user=user, find=uploads.find),
        attempt=1,
        created_by=user,
        created_by_name=account_name(user) if user else "",
        source=Source.ADMIN if user else Source.COMMAND,
        about_type=reference.type_id if reference else None,
        about_key=reference.key if reference else "",
        about_name=str(about) if reference else "",
    )


def run_recorded(context: RecordingContext) -> None:
    """Run the handler of the context's job and set `context.result`.

    Raises: what the handler raises; TypeError or ValueError if its result is not JSON.
    """
    job = context.stored_job()
    job_type = registry.get(job.type)
    with context.logging():
        find = context.uploads.find
        params = parameters.clean(job_type, job.params, user=job.created_by, find=find)
        result = job_type.run(context, **params)
    close_uploads(params)
    context.result = json.loads(json.dumps(result, allow_nan=False))
