"""What people ask for, whichever door they come by: submit, cancel, rerun, acknowledge, delete."""

from jobs.services.asking import (
    AlreadyActive,
    Caller,
    DatabaseUnavailable,
    InvalidBatch,
    InvalidName,
    KeyReused,
    NotPermitted,
    OutcomeUnknown,
    caller_of,
    launcher,
    once_accepted,
)
from jobs.services.handling import acknowledge, cancel, delete
from jobs.services.submission import Launch, chosen_type, rerun, submit, submit_batch

__all__ = [
    "AlreadyActive",
    "Caller",
    "DatabaseUnavailable",
    "InvalidBatch",
    "InvalidName",
    "KeyReused",
    "Launch",
    "NotPermitted",
    "OutcomeUnknown",
    "acknowledge",
    "caller_of",
    "cancel",
    "chosen_type",
    "delete",
    "launcher",
    "once_accepted",
    "rerun",
    "submit",
    "submit_batch",
]
