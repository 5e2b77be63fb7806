"""Transactions that the caller of a service has opened."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction


def is_in_transaction() -> bool:
    """Return whether the caller has opened a transaction.

    That of a TestCase does not count: it never commits, and the code under test did not open it.
    """
    blocks: list[Any] = connection.atomic_blocks
    return bool(blocks) and not blocks[-1]._from_testcase


def after_commit(function: Callable[[], object]) -> None:
    """Call the function once the caller's transaction commits, or now if none is open."""
    if is_in_transaction():
        transaction.on_commit(function)
    else:
        function()
