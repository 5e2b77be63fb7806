"""Receives files for jobs: `incoming` reads, `checking` refuses, `keeping` stores and deletes."""

from jobs.services.uploads.checking import check_size, rules_for
from jobs.services.uploads.incoming import (
    Incoming,
    incoming_file,
    incoming_stream,
    temporary_trouble,
)
from jobs.services.uploads.keeping import (
    KeptUpload,
    check_upload_right,
    delete_upload,
    keep_upload,
)
from jobs.services.uploads.quota import check_quota

__all__ = [
    "Incoming",
    "KeptUpload",
    "check_quota",
    "check_size",
    "check_upload_right",
    "delete_upload",
    "incoming_file",
    "incoming_stream",
    "keep_upload",
    "rules_for",
    "temporary_trouble",
]
