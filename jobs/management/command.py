"""The base class of the commands: it prints an error of a service as one sentence."""

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import Error

from jobs.database import unavailable
from jobs.errors import Refused, StorageUnavailable, Unavailable, UnknownJobType

EX_TEMPFAIL = 75  # sysexits.h: the same command may succeed later


class JobsCommand(BaseCommand):
    """A command that fails with one sentence, and with exit code 75 while a server is away."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command.

        Raises: CommandError.
        """
        try:
            return super().execute(*args, **options)
        except UnknownJobType as error:
            raise CommandError(f"No job type is called {error.slug}.") from error
        except Refused as error:
            raise CommandError(str(error)) from error
        except Unavailable as error:
            if not error.had_no_effect:
                raise CommandError(str(error)) from error
            accepted = "" if isinstance(error, StorageUnavailable) else "Nothing was accepted. "
            sentence = f"{accepted}{error.diagnosis}"
            raise CommandError(sentence, returncode=EX_TEMPFAIL) from error
        except Error as error:
            found = unavailable(error)
            if found is None:
                raise
            raise CommandError(found.diagnosis, returncode=EX_TEMPFAIL) from error
