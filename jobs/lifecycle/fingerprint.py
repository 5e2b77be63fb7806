"""The fingerprint of an error: the same for failures that differ only in values."""

import hashlib
import re
import unicodedata

MESSAGE_READ = 2_000
DIGITS = 16
# The messages of other codes are of the job system, and name workers and limits.
CODES_WITH_MESSAGE = {"exception", "exited", "invalid_params", "invalid_result"}

VALUE = "~"
ENGLISH_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
ENGLISH_DAYS = "mon|tue|wed|thu|fri|sat|sun"
QUOTED = "|".join(
    (
        r'"(?:[^"\\\n]|\\.)*"',
        r"(?<!\w)[bur]?'[^\n]*?'(?!\w)",  # not the apostrophe of "can't"
        *("“[^”\n]*”", "„[^“”\n]*[“”]", "‘[^’\n]*’", "‚[^‘’\n]*[‘’]"),  # noqa: RUF001
        *("«[^»\n]*»", "»[^«\n]*«", "‹[^›\n]*›", "「[^」\n]*」", "『[^』\n]*』"),  # noqa: RUF001
        *("《[^》\n]*》", r"`[^`\n]*`"),
    )
)
# What varies between failures of one cause, in the order in which it is replaced. `[Errno 2]` and
# HTTP statuses stay, because they are causes; the text after an errno is in the system's language.
REPLACED = [
    (re.compile(r"\[(?P<kind>errno|winerror) (?P<number>\d+)\][^:\n]*"), None),
    (re.compile(r"\b(?P<kind>http|status|exit)(?: code)?[ :=]+(?P<number>\d{1,3})\b"), None),
    (re.compile(QUOTED), VALUE),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s,;)\]}>]+"), VALUE),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), VALUE),
    (re.compile(r"(?:\b[a-z]:)?[\\/](?:[^\s\\/,;:()]+[\\/])*[^\s\\/,;:()]+"), VALUE),
    (re.compile(r"[\w.-]+\.(?:csv|json|xlsx?|xml|txt|pdf|zip|gz|tsv|parquet|log)\b"), VALUE),
    (re.compile(r"\b\d{1,2}(?:st|nd|rd|th|\.)? [^\W\d]{3,12}\.? \d{4}\b"), VALUE),
    (
        re.compile(rf"\b(?:(?:{ENGLISH_DAYS})[a-z]*,? )?(?:{ENGLISH_MONTHS})[a-z]* \d[\d ,:]*"),
        VALUE,
    ),
    (re.compile(r"(?<=[\w)]=)[^\s,;()\[\]{}]+"), VALUE),
    (re.compile(r"\b0x[0-9a-f]+|\b[0-9a-f]{8,}\b"), VALUE),
    (re.compile(r"[+-]?[a-z0-9_-]*\d(?:[a-z0-9_.:,'%-]*[a-z0-9%])?"), VALUE),
    (re.compile(r"(?<![\w])(?:none|null|true|false|nan|inf)(?![\w])"), VALUE),
    # Lists of values, of any length.
    (re.compile(rf"{VALUE}(?:(?:[\s,;:/|x]|and|or|-)*{VALUE})+"), VALUE),
    (re.compile(rf"([\[({{])\s*(?:{VALUE})?\s*,?\s*([\])}}])"), VALUE),
    # One row is, two rows are.
    (re.compile(r"\b(?:are|were|was|have|has|is)\b"), "is"),
    (re.compile(r"(?<=[^\W\d_]{3})s\b"), ""),
    (re.compile(r"\s+"), " "),
]


def fingerprint_of(code: str, type: str, message: str, function: str) -> str:
    """Return 16 hexadecimal digits for an error of a job.

    `type` and `message` are those of the exception, without secrets; `function` is the innermost
    one of the handler's project.
    """
    text = normalized(message) if code in CODES_WITH_MESSAGE else ""
    parts = "\n".join((code, type, text, function))
    return hashlib.sha256(parts.encode("utf-8", "replace")).hexdigest()[:DIGITS]


def normalized(message: str) -> str:
    """Return an error message with its values (numbers, ids, names in quotes, paths) replaced."""
    # Cut again: NFKC makes up to 18 characters of one.
    text = unicodedata.normalize("NFKC", message[:MESSAGE_READ])[:MESSAGE_READ].casefold()
    for pattern, value in REPLACED:
        text = pattern.sub(_spelled_out if value is None else value, text)
    return text.strip(" .")


def _spelled_out(cause: re.Match[str]) -> str:
    """A code that is a cause, in letters, so that it is not replaced as a number."""
    letters = "".join("abcdefghij"[unicodedata.digit(one)] for one in cause["number"])
    return f"{cause['kind']} {letters}"
