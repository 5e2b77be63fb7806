"""Uploads as forms and handlers get them: files, found by the ids in params; what is taken."""

from jobs.uploads.file import UploadFile, close_uploads, stored_file
from jobs.uploads.local import LocalFiles
from jobs.uploads.lookup import FindUpload, UploadId, any_upload, no_upload, parse_id, upload_ids
from jobs.uploads.rules import FileRules, format_size

__all__ = [
    "FileRules",
    "FindUpload",
    "LocalFiles",
    "UploadFile",
    "UploadId",
    "any_upload",
    "close_uploads",
    "format_size",
    "no_upload",
    "parse_id",
    "stored_file",
    "upload_ids",
]
