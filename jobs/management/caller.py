"""The caller that a command acts as: the user who runs it on this machine."""

import getpass

from jobs.models import Source
from jobs.services import Caller


def command_caller() -> Caller:
    """A caller who may do everything, with the name of the operating system's account."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a uid without a passwd entry, as in some containers
        name = "command"
    return Caller(user=None, name=name, source=Source.COMMAND)
