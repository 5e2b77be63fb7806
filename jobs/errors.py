"""What can go wrong with a request, in two families: Refused and Unavailable.

`str()` of each is a sentence for the caller. `status` and `code` are what the API answers. An
entry point may replace a kind's sentence; its table of sentences is beside its `except`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


class Refused(Exception):
    """The request is not allowed; nothing was changed, and the same request fails again."""

    status = 409
    code = "conflict"
    headers: Mapping[str, str] = {}
    extra: Mapping[str, Any] = {}  # further members of the API's answer
    field = ""  # the part of a launch that is wrong: "name", "type", or "" for all of it


class NotPermitted(Refused):
    """The caller may not do this."""

    status = 403
    code = "permission_denied"


class InvalidTransition(Refused):
    """The job's status does not allow it, or has changed since the caller read it."""


class AlreadyActive(Refused):
    """Only one job of this type may be active, and job `job_id` is.

    None where it is another of the same batch, or a job that the caller may not see.
    """

    code = "already_active"
    field = "type"

    def __init__(self, job_id: UUID | None = None) -> None:
        super().__init__(
            f"Job {job_id} of this type is still active."
            if job_id
            else "Only one job of this type may be active at a time."
        )
        self.job_id = job_id
        self.extra = {"id": job_id}


class AlreadyHeld(Refused):
    """The target is on hold already. `hold_id` is None if that hold has ended by now."""

    code = "already_held"

    def __init__(self, hold_id: int | None) -> None:
        held_by = f"by hold {hold_id}: change or release that" if hold_id else "or was a moment ago"
        super().__init__(f"It is on hold already, {held_by}.")
        self.hold_id = hold_id


class KeyReused(Refused):
    """The idempotency key was used before, for another request."""

    status = 422
    code = "idempotency_key_reused"


class DownloadRefused(Refused):
    """The file is not sent: 412, 416 or 503, with the headers that belong to the answer."""

    def __init__(self, status: int, code: str, sentence: str, headers: Mapping[str, str]) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.headers = headers


class UploadRefused(Refused):
    """The file is not kept, or not deleted: `code` and the sentence say why."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code


class Invalid(Refused):
    """The name, type or params of a job are wrong."""

    status = 400
    code = "invalid"


class InvalidName(Invalid):
    """The job cannot have this name."""

    field = "name"


class InvalidHold(Invalid):
    """A hold, a limit or a drain cannot be as asked; `field` is the part that is wrong."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


class InvalidAbout(Invalid):
    """A job cannot be about this object, or the caller may not view it."""

    field = "about"


SLUG_SHOWN = 50


class UnknownJobType(Invalid):
    """No job type has this slug."""

    code = "unknown_type"
    field = "type"

    def __init__(self, slug: str) -> None:
        super().__init__(f'There is no job type "{slug[:SLUG_SHOWN]}".')
        self.slug = slug


@dataclass(frozen=True)
class ParamError:
    """What is wrong with one parameter; `name` is "" when it is all of them together."""

    name: str
    message: str
    code: str


class InvalidParams(Invalid):
    """The type's form refuses the params."""

    code = "invalid_params"

    def __init__(self, errors: Sequence[ParamError]) -> None:
        super().__init__(
            " ".join(f"{e.name}: {e.message}" if e.name else e.message for e in errors)
        )
        self.errors = errors


class InvalidBatch(Invalid):
    """Some items of a batch are refused; `errors` maps their indexes to what refused each."""

    def __init__(self, errors: Mapping[int, Refused]) -> None:
        super().__init__("; ".join(f"job {index}: {error}" for index, error in errors.items()))
        self.errors = errors


class Unavailable(Exception):
    """A server that the request needs is away or busy; the same request may succeed later.

    `diagnosis` is a sentence for operators: it may name a server. Where `had_no_effect`, nothing
    was changed; elsewhere the caller has to look before repeating the request.
    """

    status = 503
    code: str
    retry_after_seconds: int | None = 5
    had_no_effect = True
    extra: Mapping[str, Any] = {}  # further members of the API's answer

    def __init__(self, sentence: str, diagnosis: str = "") -> None:
        super().__init__(sentence)
        self.diagnosis = diagnosis or sentence


class BrokerUnavailable(Unavailable):
    """Redis did not take the message, or did not confirm it in time."""

    code = "broker_unavailable"

    def __init__(self, diagnosis: str) -> None:
        super().__init__("The broker does not answer.", diagnosis)


class DatabaseUnavailable(Unavailable):
    """PostgreSQL is away, read-only or busy, or its tables are not those of this version.

    `jobs.database.unavailable` makes it from an error of PostgreSQL.
    """

    code = "database_unavailable"

    def __init__(self, sentence: str, diagnosis: str, retry_after_seconds: int) -> None:
        super().__init__(sentence, diagnosis)
        self.retry_after_seconds = retry_after_seconds


class TooSlow(DatabaseUnavailable):
    """PostgreSQL cancelled the statement at its time limit."""

    code = "too_slow"


class StorageUnavailable(Unavailable):
    """The storage of job files failed: away, slow, full, or it refuses.

    `jobs.storage` makes it from every error of a disk or of S3.
    """

    code = "storage_unavailable"
    retry_after_seconds: int | None = 10


class StorageFull(StorageUnavailable):
    """The storage of job files, or the disk for temporary files, has no room."""

    status = 507
    code = "storage_full"
    retry_after_seconds = None


class ScannerUnavailable(Unavailable):
    """The scanner of the site could not check the file."""

    code = "scanner_unavailable"


class OutcomeUnknown(Unavailable):
    """A server went away at the wrong moment: job `job_id` may or may not have been accepted."""

    status = 504
    code = "outcome_unknown"
    retry_after_seconds = None
    had_no_effect = False

    def __init__(self, job_id: UUID) -> None:
        super().__init__(
            f"It is not known whether job {job_id} was accepted."
            " Look for it before you launch it again."
        )
        self.job_id = job_id
        self.extra = {"id": job_id}


class PartlyDone(Unavailable):
    """PostgreSQL went away in the middle of an action on many jobs."""

    code = "partly_done"
    had_no_effect = False

    def __init__(self, done: str, count: int, total: int | None = None) -> None:
        of = "" if total is None else f" of {total:,}"
        jobs = "job was" if count == 1 and total is None else "jobs were"
        super().__init__(
            f"The database stopped answering. Before that {count:,}{of} {jobs} {done}; some more"
            " may have been. Look at the list before you repeat it."
        )
