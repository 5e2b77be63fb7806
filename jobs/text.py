"""Makes any text or JSON value storable: PostgreSQL refuses NUL and lone surrogates, pages refuse megabytes."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

NAME_LIMIT = 200
# Letters and symbols by category that show nothing: Hangul and Khmer fillers, the blank Braille pattern.
BLANK_LETTERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
CUT = "… (cut)"
FILE_NAME_LIMIT = 200
MEDIA_TYPE = re.compile(r"(?=.{1,100}$)[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)


def words(value: object) -> str:
    """`value` as text; its type where it has none: the text of a handler's own exception may fail."""
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__qualname__} without words>"


def storable(text: object, limit: int) -> str:
    """`text` as PostgreSQL takes it, at most `limit` characters; what had to go shows as U+FFFD or "… (cut)"."""
    clean = words(text)
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


def is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested more than `levels` deep; never recurses deeper than that."""
    if not isinstance(value, list | Mapping):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(is_deeper(one, levels - 1) for one in inner)


def file_name(name: object) -> str:
    """`name` as a file may have it in a header, in an address and on a disk: "_" stands for what they refuse."""
    shown = "".join(
        character if character.isprintable() and character not in "/\\" else "_"
        for character in storable(name, FILE_NAME_LIMIT)
    )
    return "_" if shown in ("", ".", "..") else shown


def media_type(text: object) -> str:
    """`text` if it is a media type such as "text/csv", else "application/octet-stream", as which anything may go."""
    kind = str(text)
    return kind if MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def name_error(name: str) -> str:
    """What is wrong with `name` as a job's name, in one sentence; "" if nothing is."""
    if len(name) > NAME_LIMIT:
        return f"A name has at most {NAME_LIMIT} characters."
    kinds = {unicodedata.category(character) for character in name if character not in BLANK_LETTERS}
    if kinds & {"Cc", "Cs"}:
        return "A name has no control characters."
    # Spaces, joiners and direction marks alone would be a row without a name to click on.
    if not kinds - {"Zs", "Zl", "Zp", "Cf", "Cn", "Co", "Mn", "Me"}:
        return "A name needs a visible character."
    return ""
