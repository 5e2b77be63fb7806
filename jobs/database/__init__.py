"""PostgreSQL for all parts: its connections, errors and clock, and the state of its tables."""

from jobs.app_settings import WORKER_DB
from jobs.database.application_name import name_process
from jobs.database.base import first_row
from jobs.database.clock import now
from jobs.database.direct_fault import direct_fault
from jobs.database.instances import columns_of, instance_of_row, instances_with
from jobs.database.merged import EqualsAny, Scan, distinct_values, merged, scan_of_each, with_ids_of
from jobs.database.outage import Outage
from jobs.database.prepared import PreparedRead, PreparedStatement, StatementLost
from jobs.database.retry import retry_while_away
from jobs.database.schema import await_tables, diagnose, schema_fault, unavailable
from jobs.database.server_fault import server_fault
from jobs.database.snapshot import snapshot
from jobs.database.time_limit import limited_time
from jobs.database.transactions import after_commit, is_in_transaction
from jobs.database.trouble import (
    FOR_CALLERS,
    Trouble,
    explain,
    is_bug,
    is_passing,
    is_rolled_back,
    raising,
    send_failure,
    trouble,
)

__all__ = [
    "FOR_CALLERS",
    "WORKER_DB",
    "EqualsAny",
    "Outage",
    "PreparedRead",
    "PreparedStatement",
    "Scan",
    "StatementLost",
    "Trouble",
    "after_commit",
    "await_tables",
    "columns_of",
    "diagnose",
    "direct_fault",
    "distinct_values",
    "explain",
    "first_row",
    "instance_of_row",
    "instances_with",
    "is_bug",
    "is_in_transaction",
    "is_passing",
    "is_rolled_back",
    "limited_time",
    "merged",
    "name_process",
    "now",
    "raising",
    "retry_while_away",
    "scan_of_each",
    "schema_fault",
    "send_failure",
    "server_fault",
    "snapshot",
    "trouble",
    "unavailable",
    "with_ids_of",
]
