"""Job types with hostile names: those of components, schemas, classes and keywords of a client."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from jobs import registry
from jobs.handler.context import JobContext

CONTENT = b"one,two\n1,2\n"
# Slugs and labels, each like something else in the schema, or like nothing that a program can be
# called.
NAMES = {
    "import_customers": "Import customers",
    "file": "Batch",
    "job": "Job",
    "batch": "File",
    "submit": "Submit",
    "problem": "ProblemError",
    "status": "Status",
    "source": "Source Enum",
    "type": "Type",
    "params": "Params",
    "file_params": "Type_file_Params",
    "report_format": "Type report Params Format",
    "report2": "Report 2",
    "report_2": "Report  2",
    "a__b": "A b",
    "a_b": "A_b",
    "none": "None",
    "class": "class",
    "quoted": 'Say "hi" it\'s `so` \\n \'\'\'""" */ // ${x} {{ y }}',
    "emoji": "📈 Umsätze 🇩🇪 ‮evil",
    "long": "L" * 200,
}
# Choices that differ in their case or punctuation alone, or begin with no letter.
KINDS = [(one, one.upper()) for one in ("a-1", "a_1", "A-1", "b", "1st", "é", "x y", '"', "class")]


class Params(forms.Form):
    """Fields for which generators make classes, some with hostile labels."""

    text = forms.CharField(required=False, label='"""Text"""', help_text="*/ Ends a comment.")
    count = forms.IntegerField(required=False, label="Status")
    at = forms.DateTimeField(initial=datetime(2026, 7, 1, tzinfo=UTC), label="File")
    kind = forms.ChoiceField(choices=KINDS, initial="b", label="Job")
    kinds = forms.MultipleChoiceField(choices=KINDS, required=False, label="kind")
    extra = forms.JSONField(required=False, label="Params")


def run(job: JobContext, **params: Any) -> dict[str, Any]:
    """Save a file, and return the params."""
    with job.save_file("Übersicht.csv", "text/csv") as file:
        file.write(CONTENT)
    return {"kind": params["kind"], "text": params["text"]}


def register() -> None:
    """Register every one of NAMES."""
    for slug, label in NAMES.items():
        registry.job_type(slug=slug, label=label, description=f"Named {label}.", form=Params)(run)
