"""What each status of an answer and each `code` means, as the OpenAPI document says it."""

from collections.abc import Mapping

from jobs.lifecycle import ERRORS

STATUSES: Mapping[int, str] = {
    400: "The query or the body is not valid; `errors` names each fault.",
    401: "No valid token.",
    403: "The caller lacks the permission, or a session its CSRF token.",
    404: "Not found, or not visible to the caller.",
    406: "The answer would be JSON, which Accept excludes.",
    409: "The status does not allow it, another job of the type is active, a hold applies, a job"
    " has the upload, or the caller keeps too many unused ones.",
    411: "The body has no Content-Length.",
    413: "The body, its params or the file are too large.",
    412: "The file does not have the ETag of If-Match.",
    415: "The body is not JSON, or files of this kind are not taken.",
    416: "The file ends before the range begins.",
    422: "The Idempotency-Key was used for a different request, or the site's scanner refuses the"
    " file.",
    429: "Too many requests; wait Retry-After seconds.",
    503: "The broker, the database or the storage of files does not answer: nothing was accepted."
    " Wait Retry-After seconds.",
    504: "It is not known whether the job was accepted;"
    " get `id`, or repeat the request with the same Idempotency-Key.",
    507: "The server has no room for the file.",
}
CODES: Mapping[str, str] = {
    # The request is wrong.
    "invalid": "The body is not valid; `errors` names each fault.",
    "invalid_query": "The query is not valid; `errors` names each fault.",
    "bad_request": "The request is malformed, for example its Host.",
    "parse_error": "The body is not JSON.",
    "incomplete": "The body ended before its Content-Length.",
    "length_required": "The body has no Content-Length.",
    "too_large": "The body, its params or the file are too large.",
    "file_kind_refused": "Files of this kind are not taken.",
    "content_mismatch": "The file has another size or hash than the request says.",
    "scan_refused": "The site's scanner refuses the file.",
    "unsupported_media_type": "Content-Type is not JSON, or a file has a Content-Encoding.",
    "not_acceptable": "Accept excludes JSON.",
    "method_not_allowed": "The address does not support the method; `Allow` names the others.",
    "idempotency_key_reused": "The Idempotency-Key was used for a different request.",
    # The caller may not, or nothing is found.
    "not_authenticated": "The request has no token.",
    "authentication_failed": "The token is not valid.",
    "permission_denied": "The caller lacks a permission.",
    "csrf_failed": "The request is part of a session and lacks its CSRF token.",
    "not_found": "Nothing at this address, or nothing that the caller may see.",
    "missing_slash": "The address lacks its slash at the end.",
    "file_lost": "The file is listed, but its content is lost.",
    # Not in this state, or not now.
    "conflict": "The job's status does not allow it.",
    "already_held": "The type, queue, requester or token is on hold already.",
    "upload_in_use": "A job has the upload.",
    "too_many_uploads": "The caller keeps too many bytes of files that no job has.",
    "already_active": "Only one job of this type may be active at a time.",
    "precondition_failed": "The file does not have the ETag of If-Match.",
    "range_not_satisfiable": "The file ends before the range begins.",
    "throttled": "The caller sent too many requests.",
    "too_many_downloads": "Too many files are being read.",
    "too_slow": "The database cancelled the query after 15 seconds.",
    "broker_unavailable": "The broker does not answer; nothing was accepted.",
    "database_unavailable": "The database does not answer or is read-only; nothing was accepted.",
    "storage_unavailable": "The storage of files does not answer, is full or refuses.",
    "storage_full": "The server has no room for the file.",
    "scanner_unavailable": "The file could not be checked.",
    "outcome_unknown": "It is not known whether the job was accepted; `id` names it.",
    "error": "An error of the server; its log has the details.",
}

PROBLEM_CODES = [*CODES.items()]
JOB_ERROR_CODES = [*ERRORS.items()]
