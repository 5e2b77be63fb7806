"""Lines of the job system stay out of the logs of jobs."""

import logging
from importlib.util import find_spec
from pathlib import Path

import pytest

import jobs
from jobs.handler.log_handler import IGNORED_LOGGERS, LogHandler

JOBS = Path(jobs.__path__[0])
# These packages log in web processes, or for a handler.
MAY_LOG = ("jobs.admin", "jobs.api", "jobs.types")


def _loggers():
    for path in JOBS.rglob("*.py"):
        if "getLogger(__name__)" in path.read_text():
            yield ".".join(path.relative_to(JOBS.parent).with_suffix("").parts)


@pytest.mark.parametrize("name", IGNORED_LOGGERS)
def test_each_ignored_logger_is_named_like_a_module(name):
    assert find_spec(name)


@pytest.mark.parametrize("name", [n for n in _loggers() if not n.startswith(MAY_LOG)])
def test_no_line_of_the_job_system_gets_into_a_jobs_log(name):
    copied = []

    with LogHandler(lambda message, level: copied.append(message)):
        logging.getLogger(name).critical("PostgreSQL does not answer. The job waits.")

    assert not copied


def test_a_line_of_a_handler_gets_into_its_jobs_log():
    copied = []

    with LogHandler(lambda message, level: copied.append((message, level))):
        logging.getLogger("jobs.types.report").warning("No rows.")

    assert copied == [("No rows.", "WARNING")]
