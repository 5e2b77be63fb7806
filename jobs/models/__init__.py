"""The tables: jobs and their records, workers, API tokens, audit trail; rules and indexes."""

from jobs.models.audit import AuditEntry, with_present_name
from jobs.models.ids import created_before, created_since, first_id
from jobs.models.job import Job, JobQuerySet
from jobs.models.processes import UpkeepState, Worker
from jobs.models.records import JobEvent, JobFile, JobLog
from jobs.models.status import ACTIVE, NOT_RUNNING, SETTLED, Source, Status
from jobs.models.storage import FileStorage
from jobs.models.token import ApiToken, TokenRefusal
from jobs.models.user_model import (
    account_key,
    account_name,
    account_name_field,
    account_permission,
    accounts_named,
    active_accounts,
    has_user_field,
    kept_name,
    required_fields,
)

__all__ = [
    "ACTIVE",
    "NOT_RUNNING",
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
    "account_key",
    "account_name",
    "account_name_field",
    "account_permission",
    "accounts_named",
    "active_accounts",
    "created_before",
    "created_since",
    "first_id",
    "has_user_field",
    "kept_name",
    "required_fields",
    "with_present_name",
]
