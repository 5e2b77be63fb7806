"""PostgreSQL for all parts of the application: its errors, its clock, the state of its tables, its connections."""

from jobs.database.clock import now
from jobs.database.outage import Outage
from jobs.database.schema import await_tables, diagnose, schema_fault, unavailable
from jobs.database.trouble import (
    FOR_CALLERS,
    Trouble,
    explain,
    is_bug,
    is_passing,
    raising,
    trouble,
)

__all__ = [
    "FOR_CALLERS",
    "Outage",
    "Trouble",
    "await_tables",
    "diagnose",
    "explain",
    "is_bug",
    "is_passing",
    "now",
    "raising",
    "schema_fault",
    "trouble",
    "unavailable",
]
