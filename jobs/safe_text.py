"""Text that is safe to store, to show and to use as a file name; numbers with their noun.

PostgreSQL refuses NUL and lone surrogates; columns and pages have limits of length.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.db.models import Model

NAME_LIMIT = 200
# Invisible, although Unicode calls them letters and symbols: Hangul and Khmer fillers, the blank
# Braille pattern.
BLANK_LETTERS = "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
CUT = "… (cut)"
FILE_NAME_LIMIT = 200
FILE_NAME_BYTES = 255  # in UTF-8: the limit of most file systems
EXTENSION = re.compile(r"(?<=.)(?:\.\w{1,16}){1,2}$")  # such as .csv or .tar.gz
# Embeddings, overrides and isolates; and the separators of lines and paragraphs, which end an
# isolate.
REORDERING = re.compile("[\u2028\u2029\u202a-\u202e\u2066-\u2069]")
RIGHT_TO_LEFT = {"R", "AL", "AN"}
MEDIA_TYPE = re.compile(r"(?=.{1,100}$)[\w.+-]+/[\w.+-]+(; ?charset=[\w-]+)?", re.ASCII)


def to_text(value: object) -> str:
    """Return `str(value)`; the type's name if that fails, as it may for a handler's exception."""
    try:
        return str(value)
    except Exception:
        return f"<unprintable {type(value).__qualname__} object>"


def storable(text: object, limit: int) -> str:
    """Return `text` as PostgreSQL accepts it, at most `limit` characters long.

    U+FFFD stands for refused characters, "… (cut)" for the end of a text that was too long.
    """
    clean = to_text(text)
    if len(clean) > limit:
        clean = clean[: limit - len(CUT)] + CUT
    return _well_formed(clean)


def fitted(model: type[Model], **texts: object) -> dict[str, str]:
    """Return the texts, by column of `model`, storable and cut to the length of their columns.

    PostgreSQL refuses a longer text, and with it the whole statement: an outcome, a request to
    stop, a heartbeat.
    """
    return {name: storable(text, _limit(model, name)) for name, text in texts.items()}


@cache
def _limit(model: type[Model], name: str) -> int:
    # getattr, because the stubs know no max_length.
    limit: int = getattr(model._meta.get_field(name), "max_length")  # noqa: B009
    return limit


def _well_formed(text: str) -> str:
    if text.isascii() and "\x00" not in text:
        return text
    # "surrogatepass" and "replace" turn each lone surrogate into U+FFFD and keep everything else.
    encoded = text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass")
    return encoded.decode("utf-16", "replace")


def storable_json(value: Any) -> Any:
    """Return a copy of a JSON value, as json.loads makes it, with strings PostgreSQL accepts."""
    if isinstance(value, str):
        return _well_formed(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    if isinstance(value, dict):
        return {_well_formed(key): storable_json(item) for key, item in value.items()}
    return value


def is_deeper(value: Any, levels: int) -> bool:
    """Return whether lists and objects are nested more than `levels` deep, without going deeper."""
    if not isinstance(value, list | Mapping):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(is_deeper(one, levels - 1) for one in inner)


def composed(text: str) -> str:
    """Return `text` in the form that is stored and searched (NFC).

    Some systems write "é" as two characters.
    """
    return unicodedata.normalize("NFC", text)


def spellings(text: str) -> set[str]:
    """Return `text` composed and decomposed: rows of earlier versions hold either form."""
    return {composed(text), unicodedata.normalize("NFD", text)}


def isolated(text: str) -> str:
    """Return `text` isolated, so that its writing direction does not affect the text around it.

    For sentences, titles and lists. Controls that reorder text or break its line show as
    "[U+202E]". Left-to-right text is unchanged.
    """
    shown = REORDERING.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in shown):
        return f"\u2068{shown}\u2069"  # first strong isolate ... pop directional isolate
    return shown


def file_name(name: object) -> str:
    """Return `name` as a file name for headers, URLs and disks, with "_" for refused characters.

    A name that is too long is cut before its extension and gets 8 digits of its hash, so that
    names which differ only in the cut part stay different.
    """
    shown = "".join(
        character if character.isprintable() and character not in "/\\" else "_"
        for character in composed(_well_formed(to_text(name)))
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
    """Return `text` if it is a media type such as "text/csv", else "application/octet-stream"."""
    kind = str(text)
    return kind if MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"


def has_visible(text: str) -> bool:
    """Whether `text` has more than spaces, joiners, marks and direction signs."""
    return bool(_categories(text) - {"Cc", "Cs", "Zs", "Zl", "Zp", "Cf", "Cn", "Co", "Mn", "Me"})


def _categories(text: str) -> set[str]:
    return {unicodedata.category(character) for character in text if character not in BLANK_LETTERS}


def name_error(name: str) -> str:
    """Return what is wrong with `name` as a job's name, in one sentence; "" if it is valid."""
    if name.isascii() and name.isprintable() and name.strip() and len(name) <= NAME_LIMIT:
        return ""  # most names; the checks below would find nothing
    if max(len(name), len(composed(name))) > NAME_LIMIT:
        return f"A name has at most {NAME_LIMIT} characters."
    if _categories(name) & {"Cc", "Cs"}:
        return "A name has no control characters."
    if not has_visible(name):  # nothing to click on
        return "A name needs a visible character."
    return ""


def quantity(count: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun: "1 job", "1,200 jobs", "2 entries"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"
