"""A time limit for the queries of a block."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection, transaction

from jobs.database.schema import unavailable
from jobs.database.trouble import Trouble, send_failure, trouble


@contextmanager
def limited_time(milliseconds: int) -> Iterator[None]:
    """Run the block in a transaction in which each statement may take `milliseconds`.

    Raises: TooSlow if one takes longer; django.db.Error for every other failure.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [milliseconds])
            yield
    except Error as error:
        too_slow = unavailable(error) if trouble(error) is Trouble.TOO_SLOW else None
        if too_slow is None:
            raise
        send_failure(error)
        raise too_slow from error
