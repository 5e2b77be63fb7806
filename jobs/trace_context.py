"""The trace of a request, as the header `traceparent` of W3C Trace Context names it.

The header `tracestate` is not read: it may have 512 bytes of other systems, and a participant may
drop it.
"""

import re

TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
SAMPLED = 0x01


def read_traceparent(header: str) -> str:
    """Return the header as version 00 writes it, with no flag but "sampled"; "" if malformed.

    The standard has a malformed header ignored. A later version may append parts, which are
    dropped; two headers, which the server joins by a comma, are malformed.
    """
    found = TRACEPARENT.fullmatch(header.strip(" \t"))
    if found is None or found["version"] == "ff" or (found["version"] == "00" and found["more"]):
        return ""
    if not (found["trace"].strip("0") and found["span"].strip("0")):
        return ""
    return write_traceparent(found["trace"], found["span"], int(found["flags"], 16))


def write_traceparent(trace_id: str, span_id: str, flags: int) -> str:
    """Return the header of a span; the ids are hexadecimal."""
    return f"00-{trace_id}-{span_id}-{flags & SAMPLED:02x}"


def trace_id_of(traceparent: str) -> str:
    """Return the 32 hexadecimal digits that name the trace; "" for none."""
    return traceparent[3:35]
