"""Who calls the services."""

import pytest

from jobs.services import Caller
from tests.support import people


@pytest.fixture
def caller(db) -> Caller:
    """A user who may launch jobs and do nothing else."""
    return people.caller_for(people.launcher())
