"""The objects that jobs are about: any row of any model, and who may view it."""

from jobs.about.reference import (
    KEY_LIMIT,
    NOT_VIEWABLE,
    Reference,
    parse_reference,
    reference_in,
    reference_of,
)
from jobs.about.rows import viewable_rows
from jobs.about.subjects import Subject, jobs_about, named_subject, subjects_of
from jobs.about.viewing import model_of, object_of, viewable_objects

__all__ = [
    "KEY_LIMIT",
    "NOT_VIEWABLE",
    "Reference",
    "Subject",
    "jobs_about",
    "model_of",
    "named_subject",
    "object_of",
    "parse_reference",
    "reference_in",
    "reference_of",
    "subjects_of",
    "viewable_objects",
    "viewable_rows",
]
