"""What each status of an answer and each `code` means, as the OpenAPI document says it."""

from collections.abc import Mapping

from jobs.lifecycle import ERRORS

STATUSES: Mapping[int, str] = {
    400: "The query or the body is not valid; `errors` names each fault.",
    401: "No valid token.",
    403: "The caller lacks the permission, or a session its CSRF token.",
    404: "There is nothing here that the caller may see.",
    406: "The answer is JSON, and Accept refuses it.",
    409: "The job's status does not allow it, or a job of its kind is active.",
    411: "The body came in chunks, without its Content-Length.",
    413: "The body or its params are too large.",
    412: "The file has another ETag than If-Match asks for.",
    415: "The body is not JSON.",
    416: "The file ends before the range begins.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests; wait Retry-After seconds.",
    503: "The broker or the database does not answer: nothing was accepted."
    " Wait Retry-After seconds.",
    504: "Whether the job was accepted is not known;"
    " ask for `id`, or repeat with the same Idempotency-Key.",
}
CODES: Mapping[str, str] = {
    # The request is wrong.
    "invalid": "The body is not valid; `errors` names each fault.",
    "invalid_query": "The query is not valid; `errors` names each fault.",
    "bad_request": "The request is malformed, for example its Host.",
    "parse_error": "The body is not JSON.",
    "incomplete": "The body ended before its Content-Length.",
    "length_required": "The body came in chunks, without its Content-Length.",
    "too_large": "The body or its params are too large.",
    "unsupported_media_type": "The body is not declared as JSON.",
    "not_acceptable": "Accept refuses JSON.",
    "method_not_allowed": "The address does not know the method; `Allow` names those it knows.",
    "idempotency_key_reused": "The Idempotency-Key was used for another request.",
    # The caller may not, or there is nothing.
    "not_authenticated": "The request carries no token.",
    "authentication_failed": "The token is not valid.",
    "permission_denied": "The caller lacks a permission.",
    "csrf_failed": "The request comes from a session and lacks its CSRF token.",
    "not_found": "There is nothing at this address that the caller may see.",
    "missing_slash": "The address lacks its slash at the end.",
    "file_lost": "The file is listed, but its content is gone.",
    # Not now, or not any more.
    "conflict": "The job's status does not allow it.",
    "already_active": "Only one job of this type may be active at a time.",
    "precondition_failed": "The file has another ETag than If-Match asks for.",
    "range_not_satisfiable": "The file ends before the range begins.",
    "throttled": "The caller sent too many requests.",
    "too_many_downloads": "Too many files are being read.",
    "too_slow": "The database gave the query up after 15 seconds.",
    "broker_unavailable": "The broker does not answer; nothing was accepted.",
    "database_unavailable": "The database does not answer or is read-only; nothing was accepted.",
    "outcome_unknown": "Whether the job was accepted is not known; `id` names it.",
    "error": "A fault of the server; its log has the details.",
}

PROBLEM_CODES = [*CODES.items()]
JOB_ERROR_CODES = [*ERRORS.items()]
