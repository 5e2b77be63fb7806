"""The services that admin, API and commands share: submit, actions on jobs, holds and limits."""

from jobs.services.actions import (
    ACKNOWLEDGE,
    ACTIONS,
    CANCEL,
    DELETE,
    RERUN,
    bulk_types,
    possible_actions,
)
from jobs.services.actions.acknowledge import acknowledge
from jobs.services.actions.action import Acted, Action, OneStatement
from jobs.services.actions.cancel import cancel
from jobs.services.actions.delete import delete
from jobs.services.actions.rerun import check_rerun, rerun
from jobs.services.bulk import apply_action, apply_in_slices
from jobs.services.bulk_report import DONE, REACHED, Reason, Report, Row
from jobs.services.bulk_targets import Targets
from jobs.services.caller import Caller, caller_of, code_caller, launcher, once_accepted
from jobs.services.children import submit_child
from jobs.services.holding import (
    LimitedType,
    change_hold,
    drain_worker,
    hold,
    limited_types,
    release_hold,
    remove_site_limit,
    resume_worker,
    running_workers,
    set_site_limit,
    visible_holds,
)
from jobs.services.submission import (
    Launch,
    Submitted,
    check,
    chosen_type,
    submit,
    submit_batch,
)
from jobs.services.uploads import (
    Incoming,
    KeptUpload,
    check_quota,
    check_size,
    check_upload_right,
    delete_upload,
    incoming_file,
    incoming_stream,
    keep_upload,
    rules_for,
    temporary_trouble,
)

__all__ = [
    "ACKNOWLEDGE",
    "ACTIONS",
    "CANCEL",
    "DELETE",
    "DONE",
    "REACHED",
    "RERUN",
    "Acted",
    "Action",
    "Caller",
    "Incoming",
    "KeptUpload",
    "Launch",
    "LimitedType",
    "OneStatement",
    "Reason",
    "Report",
    "Row",
    "Submitted",
    "Targets",
    "acknowledge",
    "apply_action",
    "apply_in_slices",
    "bulk_types",
    "caller_of",
    "cancel",
    "change_hold",
    "check",
    "check_quota",
    "check_rerun",
    "check_size",
    "check_upload_right",
    "chosen_type",
    "code_caller",
    "delete",
    "delete_upload",
    "drain_worker",
    "hold",
    "incoming_file",
    "incoming_stream",
    "keep_upload",
    "launcher",
    "limited_types",
    "once_accepted",
    "possible_actions",
    "release_hold",
    "remove_site_limit",
    "rerun",
    "resume_worker",
    "rules_for",
    "running_workers",
    "set_site_limit",
    "submit",
    "submit_batch",
    "submit_child",
    "temporary_trouble",
    "visible_holds",
]
