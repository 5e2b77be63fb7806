"""Checks an arrived file by the rules of the site and the job type, and by the site's scanner."""

import logging

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from jobs.errors import ScannerUnavailable, UploadRefused
from jobs.registry import JobType
from jobs.services.uploads.incoming import Incoming
from jobs.uploads import FileRules

logger = logging.getLogger(__name__)


def rules_for(job_type: JobType | None = None) -> FileRules:
    """The rules of the site, and those of a type if the file is for its jobs."""
    limit = settings.UPLOAD_LIMIT_BYTES
    if job_type is None:
        return FileRules(limit, refused=settings.UPLOAD_REFUSED_KINDS)
    limit = min(limit, job_type.upload_limit or limit)
    return FileRules(limit, job_type.upload_kinds, settings.UPLOAD_REFUSED_KINDS)


def check_size(rules: FileRules, name: str, size: int) -> None:
    """Raises: UploadRefused for a file that is too large."""
    if fault := rules.size_fault(name, size):
        raise UploadRefused(413, "too_large", fault)


def check_incoming(rules: FileRules, incoming: Incoming) -> None:
    """Check size and kind, and then the content by the site's scanner.

    Raises: UploadRefused, ScannerUnavailable.
    """
    check_size(rules, incoming.name, incoming.size)
    if fault := rules.kind_fault(incoming.name, incoming.content_type):
        raise UploadRefused(415, "file_kind_refused", fault)
    if settings.UPLOAD_SCANNER and (refusal := _scanner_refusal(incoming)):
        raise UploadRefused(422, "scan_refused", refusal)


def _scanner_refusal(incoming: Incoming) -> str:
    """Return the sentence with which the scanner refuses the file; "" if it does not."""
    try:
        refusal = import_string(settings.UPLOAD_SCANNER)(incoming.file, incoming.name)
        return str(refusal or "")
    except ValidationError as error:
        return " ".join(error.messages)
    except Exception as error:  # of any kind: an unchecked file must not be kept
        logger.exception("the scanner failed at an upload")
        sentence = "The file could not be checked, so it was not kept."
        raise ScannerUnavailable(sentence, f"UPLOAD_SCANNER failed: {error!r}.") from error
    finally:
        incoming.file.seek(0)
