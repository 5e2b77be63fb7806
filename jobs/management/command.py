"""What our commands share: an error of PostgreSQL ends them with a sentence, and an exit code that says "try again"."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, Error

from jobs.database import Trouble, diagnose

EX_TEMPFAIL = 75  # sysexits.h: the same command may succeed later


class JobsCommand(BaseCommand):
    """A command that ends with exit code 75 while PostgreSQL is in trouble."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command.

        Raises: CommandError.
        """
        try:
            return super().execute(*args, **options)
        except Error as error:
            kind, sentence = diagnose(error, DEFAULT_DB_ALIAS)
            if kind is Trouble.BUG:
                raise
            raise CommandError(sentence, returncode=EX_TEMPFAIL) from error
