"""The form of a job type is its one schema: it validates params for every door, binds them, and describes them.

A plain Django form leaves gaps that show only over JSON: it drops the initial value of a field that was left out,
takes True or ["a"] for text and 7.0 for a number, reads dates as the site's language writes them, and ignores names
it does not know. They are closed here, so that every door accepts and refuses the same.
"""

from jobs.parameters.json_types import json_type, moment, moment_text
from jobs.parameters.schema import json_schema
from jobs.parameters.validation import (
    MASK,
    InvalidParams,
    ParamError,
    as_json,
    bind,
    form_errors,
    hide,
    mask,
    validate,
)

__all__ = [
    "MASK",
    "InvalidParams",
    "ParamError",
    "as_json",
    "bind",
    "form_errors",
    "hide",
    "json_schema",
    "json_type",
    "mask",
    "moment",
    "moment_text",
    "validate",
]
