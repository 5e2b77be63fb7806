"""Short texts by which a page and the server know whether they have the same."""

import base64
import hashlib
import json
from typing import Any


def digest_of(value: Any, size: int = 6) -> str:
    """Return a short text that changes with a JSON value: `size` bytes of a hash in base64."""
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    digest = hashlib.blake2b(text.encode(), digest_size=size).digest()
    return base64.urlsafe_b64encode(digest).decode()
