"""A tracer of the site that fails harms no job: what it raises is logged."""

from contextlib import contextmanager

import pytest

from jobs import tracing
from jobs.lifecycle import failed
from jobs.models import Job
from jobs.tracing import Tracer, current_tracer


def fail(*given):
    raise RuntimeError("tracer")


@contextmanager
def failing_at_begin(*given):
    fail()
    yield fail


@contextmanager
def failing_at_end(*given):
    yield fail
    fail()


@contextmanager
def failing_instead(*given):
    try:
        yield fail
    finally:
        fail()


def tracer_with(block):
    """A tracer of which each block is this one."""
    tracer = Tracer()
    tracer.sending = tracer.running = block
    return tracer


def logged(caplog):
    """What our tracing has logged; threads of other tests may log as well."""
    return [one.getMessage() for one in caplog.records if one.name == "jobs.tracing"]


@pytest.fixture
def use_block():
    yield lambda block: tracing.use_tracer(tracer_with(block))
    tracing.use_tracer(Tracer())


@pytest.fixture(params=[fail, failing_at_begin, failing_at_end, failing_instead])
def failing(request, use_block):
    """The process uses a tracer that fails in this way."""
    use_block(request.param)


def test_the_block_of_a_tracer_that_fails_is_run_and_the_failure_is_logged(failing, caplog):
    done = []
    with current_tracer().sending([Job()]):
        done.append("sent")
    with current_tracer().running(Job()) as note_outcome:
        note_outcome(failed("exception", "a handler failed"))
        done.append("run")
    assert done == ["sent", "run"]
    assert set(logged(caplog)) == {"the site's tracer failed"}


def test_an_error_inside_the_block_is_raised_and_not_that_of_the_tracer(failing):
    with pytest.raises(ValueError, match="of the job"), current_tracer().running(Job()):
        raise ValueError("of the job")
    with pytest.raises(ValueError, match="of the job"), current_tracer().sending([Job()]):
        raise ValueError("of the job")


def test_a_tracer_that_works_gets_the_error_of_its_block_and_nothing_is_logged(use_block, caplog):
    seen = []

    @contextmanager
    def noting(*given):
        try:
            yield
        except ValueError as error:
            seen.append(str(error))
            raise

    use_block(noting)
    with pytest.raises(ValueError, match="of the job"), current_tracer().sending([Job()]):
        raise ValueError("of the job")
    assert seen == ["of the job"]
    assert logged(caplog) == []


def test_a_block_within_the_handling_of_an_error_ends_without_it(use_block):
    seen = []

    @contextmanager
    def noting(*given):
        yield
        seen.append("no error")

    use_block(noting)
    try:
        raise ValueError
    except ValueError:
        with current_tracer().sending([Job()]):
            pass
    assert seen == ["no error"]
