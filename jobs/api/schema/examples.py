"""The examples in the OpenAPI document, from examples.json: answers that a test once got."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from drf_spectacular.utils import OpenApiExample

PATH = Path(__file__).with_name("examples.json")


@cache
def load() -> dict[str, Any]:
    """The answers by operation and status: {"submit 201": {...}}."""
    return json.loads(PATH.read_text()) if PATH.exists() else {}


def response_examples(operation: str, status: int) -> list[OpenApiExample]:
    """The example of an operation's answer in a list; the list is empty without one."""
    found = load().get(f"{operation} {status}")
    if found is None:
        return []
    return [
        OpenApiExample(
            f"{operation} {status}", found, response_only=True, status_codes=[str(status)]
        )
    ]
