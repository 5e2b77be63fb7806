"""A request while its client sends it, and whether enough of it is there for a thread."""

import re
from dataclasses import dataclass, field
from typing import Any

HEAD_BYTES = 64 * 1024
BODY_BYTES = 128 * 1024  # kept in memory, for at most `worker_connections` (1,000) clients
LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]+)[ \t]*\r$", re.IGNORECASE | re.MULTILINE)
# A body without a length, and one that the client sends only when it is asked to.
UNKNOWN_BODY = re.compile(rb"^(transfer-encoding|expect)[ \t]*:", re.IGNORECASE | re.MULTILINE)


@dataclass(eq=False)
class Arrival:
    """A request that a connection is sending."""

    conn: Any
    until: float
    data: bytearray = field(default_factory=bytearray)
    is_polled: bool = False

    def is_long(self) -> bool:
        """Return whether its thread has to read the rest: a body that is large or of any length."""
        end = self.data.find(b"\r\n\r\n")
        if end < 0:
            return len(self.data) > HEAD_BYTES
        head = bytes(self.data[: end + 2])
        return bool(UNKNOWN_BODY.search(head)) or _body_length(head) > BODY_BYTES

    def is_complete(self) -> bool:
        """Return whether head and body are there."""
        end = self.data.find(b"\r\n\r\n")
        return end >= 0 and len(self.data) >= end + 4 + _body_length(bytes(self.data[: end + 2]))


def _body_length(head: bytes) -> int:
    found = LENGTH.search(head)
    # 20 digits exceed any body, and Python refuses to read thousands of them.
    return int(found[1].lstrip(b"0")[:20] or b"0") if found else 0
