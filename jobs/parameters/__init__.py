"""The form of a job type is its one schema: it validates params for every door, cleans them, and describes them.

Params are stored as the JSON that was sent, complete with the form's initial values. `validate`
runs the form once to check them, at the launch; `bind` runs it once more in the worker, on the same
JSON, and the handler gets that cleaned_data. So nothing is cleaned twice, and what the API shows
can be sent again.

A plain Django form leaves gaps that show only over JSON: it drops the initial value of a field that
was left out, takes True or ["a"] for text and 7.0 for a number, reads dates as the site's language
writes them, and ignores names it does not know. They are closed here, so that every door accepts
and refuses the same.
"""

from jobs.parameters.from_json import take_iso, to_form, to_initial
from jobs.parameters.json_types import fits, json_type, moment, moment_text
from jobs.parameters.schema import json_schema
from jobs.parameters.secrets import MASK, hide, mask, secrets_in
from jobs.parameters.to_json import Unreadable, from_initial, from_widget
from jobs.parameters.validation import (
    bind,
    changes,
    form_errors,
    readings,
    validate,
)

__all__ = [
    "MASK",
    "Unreadable",
    "bind",
    "changes",
    "fits",
    "form_errors",
    "from_initial",
    "from_widget",
    "hide",
    "json_schema",
    "json_type",
    "mask",
    "moment",
    "moment_text",
    "readings",
    "secrets_in",
    "take_iso",
    "to_form",
    "to_initial",
    "validate",
]
