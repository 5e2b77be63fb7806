"""One stack for all faults; each test gets it whole, and leaves it with every invariant holding."""

from collections.abc import Iterator

import pytest

from tests.faults import stack as stacks
from tests.faults.invariants import violations
from tests.faults.stack import Stack


@pytest.fixture(scope="session")
def one_stack(tmp_path_factory) -> Iterator[Stack]:
    with stacks.running(tmp_path_factory.mktemp("faults")) as stack:
        yield stack


@pytest.fixture
def stack(one_stack) -> Iterator[Stack]:
    """A healthy stack without workers or upkeep; afterwards it must settle all it accepted."""
    yield one_stack
    try:
        one_stack.drain()
        assert violations(one_stack) == []
    finally:
        one_stack.heal()
