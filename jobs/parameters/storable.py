"""The limits of params that hold for every form: depth, size, and what PostgreSQL can store."""

import json
from collections.abc import Mapping
from typing import Any

from jobs.errors import ParamError
from jobs.safe_text import is_deeper, storable_json

PARAMS_LIMIT = 64 * 1024
PARAMS_DEPTH_LIMIT = 32
ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
TOO_DEEP = f"Params may be nested at most {PARAMS_DEPTH_LIMIT} levels deep."
TOO_LARGE = f"Params may have at most {PARAMS_LIMIT:,} bytes as JSON."


def unstorable(params: Mapping[str, Any]) -> list[ParamError]:
    """Return why parsed JSON cannot be stored: at most one error, of all params together."""
    if not params:
        return []
    if is_deeper(params, PARAMS_DEPTH_LIMIT):  # first, because json.dumps would recurse
        return [ParamError("", TOO_DEEP, "too_deep")]
    try:
        text = ENCODER.encode(params)
    except ValueError:
        return [ParamError("", "Params may not hold NaN or Infinity.", "unstorable")]
    if len(text.encode(errors="surrogatepass")) > PARAMS_LIMIT:
        return [ParamError("", TOO_LARGE, "too_large")]
    # Only these texts can have a character that PostgreSQL refuses; a copy takes longer to compare.
    if (not text.isascii() or "\\u0000" in text) and storable_json(params) != params:
        return [ParamError("", "Params may not hold NUL or lone surrogates.", "unstorable")]
    return []
