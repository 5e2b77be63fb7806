"""Makes any text or JSON value storable: PostgreSQL refuses NUL and lone surrogates, pages refuse megabytes."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

NAME_LIMIT = 200
# Letters and symbols by category that show nothing: Hangul and Khmer fillers, the blank Braille
# pattern.
BLANK_LETTERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
CUT = "… (cut)"
FILE_NAME_LIMIT = 200
FILE_NAME_BYTES = 255  # in UTF-8: what disks take
EXTENSION = re.compile(r"(?<=.)(?:\.\w{1,16}){1,2}$")  # such as .csv or .tar.gz
# Embeddings, overrides, isolates, and the separators of lines and paragraphs, at which an isolate
# ends.
REORDERING = re.compile("[\u2028\u2029\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = {"R", "AL", "AN"}
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
    # "surrogatepass" and "replace" turn each lone surrogate into U+FFFD, and leave everything else
    # alone.
    return (
        text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )


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


def composed(text: str) -> str:
    """`text` in the one spelling that is stored and searched (NFC): "é" is one character or two on other systems."""
    return unicodedata.normalize("NFC", text)


def spellings(text: str) -> set[str]:
    """`text` composed and decomposed: rows of earlier versions hold either."""
    return {composed(text), unicodedata.normalize("NFD", text)}


def isolated(text: str) -> str:
    """`text` for a sentence, a title or a list, where its writing direction may not reach what stands beside it.

    Controls that reorder text or break its line show as "[U+202E]". Text from left to right stays
    as it is.
    """
    shown = REORDERING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in shown):
        return f"\u2068{shown}\u2069"  # first strong isolate ... pop directional isolate
    return shown


def file_name(name: object) -> str:
    """`name` as a file may have it in a header, in an address and on a disk: "_" stands for what they refuse.

    A name that is too long is cut before its extension and gets 8 digits of its own, so that names
    which differ further on stay different.
    """
    shown = "".join(
        character if character.isprintable() and character not in "/\\" else "_"
        for character in composed(_whole(words(name)))
    )
    if len(shown) > FILE_NAME_LIMIT or len(shown.encode()) > FILE_NAME_BYTES:
        shown = _shortened(shown)
    return "_" if shown.strip() in ("", ".", "..") else shown


def _shortened(name: str) -> str:
    extension = EXTENSION.search(name)
    tail = f"~{hashlib.sha256(name.encode()).hexdigest()[:8]}{extension[0] if extension else ''}"
    head = name[: FILE_NAME_LIMIT - len(tail)].encode()[: FILE_NAME_BYTES - len(tail.encode())]
    return head.decode(errors="ignore") + tail


def media_type(text: object) -> str:
    """`text` if it is a media type such as "text/csv", else "application/octet-stream", as which anything may go."""
    kind = str(text)
    return kind if MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def name_error(name: str) -> str:
    """What is wrong with `name` as a job's name, in one sentence; "" if nothing is."""
    if max(len(name), len(composed(name))) > NAME_LIMIT:
        return f"A name has at most {NAME_LIMIT} characters."
    kinds = {
        unicodedata.category(character) for character in name if character not in BLANK_LETTERS
    }
    if kinds & {"Cc", "Cs"}:
        return "A name has no control characters."
    # Spaces, joiners and direction marks alone would be a row without a name to click on.
    if not kinds - {"Zs", "Zl", "Zp", "Cf", "Cn", "Co", "Mn", "Me"}:
        return "A name needs a visible character."
    return ""
