"""Transactions that the caller of a service has opened."""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction


def is_in_transaction() -> bool:
    """Return whether the caller has opened a transaction, or commits each one without autocommit.

    That of a TestCase does not count: it never commits, and the code under test did not open it.
    """
    blocks: list[Any] = connection.atomic_blocks
    if blocks:
        return not blocks[-1]._from_testcase
    is_connected = connection.connection is not None
    return not (connection.autocommit if is_connected else connection.settings_dict["AUTOCOMMIT"])


def after_commit(function: Callable[[], object]) -> None:
    """Call the function once the caller's transaction commits, or now if none is open.

    Django knows of commits without autocommit only when autocommit is turned on: then it is called.
    """
    if is_in_transaction():
        with transaction.atomic(savepoint=False):  # on_commit refuses to be called outside of one
            transaction.on_commit(function)
    else:
        function()
