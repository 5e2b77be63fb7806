"""Keeps the values of secret fields out of everything that is shown."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from jobs.registry import JobType
from jobs.safe_text import to_text

MASK = "********"
HIDDEN_LENGTH = 4  # a shorter secret stands by chance in any text
EMPTY: tuple[Any, ...] = (None, "", [], {})


def mask(job_type: JobType | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return `params` safe to display: secrets masked; all of them if the job type no longer exists."""
    if job_type is None:  # which of them are secret went with it
        return dict.fromkeys(params, MASK)
    return {
        name: MASK if name in job_type.secret_fields and value not in EMPTY else value
        for name, value in params.items()
    }


def secrets_in(job_type: JobType, params: Mapping[str, Any]) -> list[str]:
    """The texts that must not be shown: those of the secret fields, stored params or cleaned ones."""
    found = (text for name in job_type.secret_fields for text in _texts(params.get(name)))
    return [text for text in found if len(text) >= HIDDEN_LENGTH]


def hide(secrets: Sequence[str], text: object) -> str:
    """`text` safe to display, as in errors: each secret replaced, wherever it stands and however it is quoted."""
    shown = to_text(text)
    for secret in sorted(secrets, key=len, reverse=True):
        for spelling in _spellings(secret):
            shown = shown.replace(spelling, MASK)
    return shown


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        yield str(value).strip()


def _spellings(secret: str) -> tuple[str, ...]:
    """How errors write a secret: as it is, or as Python, JSON and addresses quote it."""
    return (
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
    )
