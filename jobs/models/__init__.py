"""The tables: jobs and their records, workers, API tokens, audit trail; rules and indexes."""

from jobs.models.audit import AuditEntry, with_present_name
from jobs.models.ids import created_before, created_since, first_id
from jobs.models.job import Job, JobQuerySet
from jobs.models.processes import UpkeepState, Worker
from jobs.models.records import JobEvent, JobFile, JobLog
from jobs.models.status import ACTIVE, SETTLED, Source, Status
from jobs.models.storage import FileStorage
from jobs.models.token import ApiToken, TokenRefusal

__all__ = [
    "ACTIVE",
    "SETTLED",
    "ApiToken",
    "AuditEntry",
    "FileStorage",
    "Job",
    "JobEvent",
    "JobFile",
    "JobLog",
    "JobQuerySet",
    "Source",
    "Status",
    "TokenRefusal",
    "UpkeepState",
    "Worker",
    "created_before",
    "created_since",
    "first_id",
    "with_present_name",
]
