"""Masks the values of secret fields for display."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from jobs.registry import JobType
from jobs.safe_text import to_text

MASK = "********"
HIDDEN_LENGTH = 4  # a shorter secret appears by chance in any text
NO_SECRETS: tuple[Any, ...] = (None, "", [], {})


def mask(job_type: JobType | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return `params` safe to display: secrets masked, or everything without a job type."""
    if job_type is None:  # the type no longer exists, and with it the list of secret fields
        return dict.fromkeys(params, MASK)
    return {
        name: MASK if name in job_type.secret_fields and value not in NO_SECRETS else value
        for name, value in params.items()
    }


def secrets_in(job_type: JobType, params: Mapping[str, Any]) -> list[str]:
    """Return the texts of the secret fields in stored or cleaned params."""
    found = (text for name in job_type.secret_fields for text in _texts(params.get(name)))
    return [text for text in found if len(text) >= HIDDEN_LENGTH]


def hide(secrets: Sequence[str], text: object) -> str:
    """Return `text`, such as an error, with each secret in it masked, however it is quoted."""
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
    """Return how errors may write a secret: plain, or as Python, JSON and URLs quote it."""
    return (
        secret,
        repr(secret)[1:-1],
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
    )
