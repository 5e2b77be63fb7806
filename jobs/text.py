"""Makes any text or JSON value storable: PostgreSQL refuses NUL and lone surrogates, pages refuse megabytes."""

from typing import Any

CUT = "… (cut)"


def storable(text: object, limit: int) -> str:
    """`text` as PostgreSQL takes it, at most `limit` characters; what had to go shows as U+FFFD or "… (cut)"."""
    clean = str(text)
    if len(clean) > limit:
        clean = clean[: limit - len(CUT)] + CUT
    return _whole(clean)


def _whole(text: str) -> str:
    # "surrogatepass" and "replace" turn each lone surrogate into U+FFFD, and leave everything else alone.
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable_json(value: Any) -> Any:
    """A copy of a JSON value (as json.loads makes it) whose strings and keys PostgreSQL takes."""
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): storable_json(item) for key, item in value.items()}
    return value
