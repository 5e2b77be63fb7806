"""Refuses to start a process whose PostgreSQL or Redis can never be used as it is set up."""

from django.core.exceptions import ImproperlyConfigured

from jobs.database import direct_fault, server_fault
from jobs.engine.broker_fault import broker_fault


def refuse_wrong_servers(using: str) -> None:
    """Check both once; a server that does not answer now is no reason: it may be back soon.

    Raises: ImproperlyConfigured, with a sentence for each fault.
    """
    found = (server_fault(using), direct_fault(using), broker_fault())
    if faults := [fault for fault in found if fault]:
        raise ImproperlyConfigured("\n  ".join(["This process does not start:", *faults]))
