"""One stack for all faults; each test gets it whole, and leaves it with every invariant holding."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults import stack as stacks
from tests.faults.invariants import violations
from tests.faults.stack import LEASE_SECONDS, Stack
from tests.faults.staff import Staff
from tests.faults.times import Clock, table

TIME = "time of a fault"


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


@pytest.fixture
def staff(stack) -> Staff:
    """A user who has signed in to the admin."""
    return Staff.signed_in(stack)


@pytest.fixture
def within(record_property) -> Callable[[str, float], Clock]:
    """Start a clock at a fault: within("Redis stopped: 503", 1.5).saw(answer.seconds)."""
    return lambda fault, bound: Clock(fault, bound, lambda time: record_property(TIME, time))


def pytest_terminal_summary(terminalreporter) -> None:
    """Print the times of all faults against their bounds."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
    ]
    properties = [
        one for report in reports if report.when == "call" for one in report.user_properties
    ]
    if lines := table(value for name, value in properties if name == TIME):
        terminalreporter.section(f"times of the faults, with a lease of {LEASE_SECONDS:g} s")
        terminalreporter.write_line("\n".join(lines))
