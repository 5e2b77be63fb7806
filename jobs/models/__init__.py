"""The tables: jobs, records, uploads, workers, holds, API tokens, audit trail; rules, indexes."""

from jobs.models.audit import AuditEntry, with_present_name
from jobs.models.holds import AT_MOST_LIMIT, REASON_LIMIT, Hold, HoldKind, HoldQuerySet, SiteLimit
from jobs.models.ids import CLOCK_MARGIN_MS, created_before, created_since, first_id, ids_since
from jobs.models.job import Job, JobQuerySet
from jobs.models.processes import UpkeepState, Worker
from jobs.models.records import JobEvent, JobFile, JobLog
from jobs.models.status import ACTIVE, NOT_RUNNING, SETTLED, Source, Status
from jobs.models.storage import FileStorage
from jobs.models.token import ApiToken, TokenRefusal, digest_of_token
from jobs.models.totals import Total
from jobs.models.upload import UNUSED_KEPT, JobUpload, Upload
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
    "AT_MOST_LIMIT",
    "CLOCK_MARGIN_MS",
    "NOT_RUNNING",
    "REASON_LIMIT",
    "SETTLED",
    "UNUSED_KEPT",
    "ApiToken",
    "AuditEntry",
    "FileStorage",
    "Hold",
    "HoldKind",
    "HoldQuerySet",
    "Job",
    "JobEvent",
    "JobFile",
    "JobLog",
    "JobQuerySet",
    "JobUpload",
    "SiteLimit",
    "Source",
    "Status",
    "TokenRefusal",
    "Total",
    "UpkeepState",
    "Upload",
    "Worker",
    "account_key",
    "account_name",
    "account_name_field",
    "account_permission",
    "accounts_named",
    "active_accounts",
    "created_before",
    "created_since",
    "digest_of_token",
    "first_id",
    "has_user_field",
    "ids_since",
    "kept_name",
    "required_fields",
    "with_present_name",
]
