"""The form of a job type is its only schema: it validates, cleans and describes params.

Params are stored as the JSON that was sent, completed by the form's initial values. `validate`
runs the form once at the launch, to check them. `clean` runs it again in the worker, on the same
JSON, and the handler gets that cleaned_data. So nothing is cleaned twice, and what the API shows
can be sent again.

A plain Django form leaves gaps for JSON: it drops the initial value of a field that was left out,
takes True or ["a"] for text and 7.0 for an integer, reads dates in the format of the site's
language, and ignores unknown names. This package closes them, so that admin, API and commands
accept and refuse the same.
"""

from jobs.parameters.files import NO_SUCH_UPLOAD, file_fault, file_fields
from jobs.parameters.form_checks import form_fault
from jobs.parameters.forms import make_form, requester, takes_user
from jobs.parameters.from_json import take_iso, to_form, to_initial
from jobs.parameters.json_types import fits, json_type, moment, moment_text
from jobs.parameters.readings import readings, readings_of
from jobs.parameters.schema import json_schema
from jobs.parameters.secrets import MASK, hide, mask, secrets_in
from jobs.parameters.to_json import Unreadable, from_initial, from_widget
from jobs.parameters.validation import changes, clean, form_errors, validate

__all__ = [
    "MASK",
    "NO_SUCH_UPLOAD",
    "Unreadable",
    "changes",
    "clean",
    "file_fault",
    "file_fields",
    "fits",
    "form_errors",
    "form_fault",
    "from_initial",
    "from_widget",
    "hide",
    "json_schema",
    "json_type",
    "make_form",
    "mask",
    "moment",
    "moment_text",
    "readings",
    "readings_of",
    "requester",
    "secrets_in",
    "take_iso",
    "takes_user",
    "to_form",
    "to_initial",
    "validate",
]
