"""A handler is a plain program: its output is in the job's log, and it may have child processes."""

import pytest

ENDED = ("COMPLETED", "FAILED", "CANCELLED")


@pytest.fixture(autouse=True)
def worker(stack):
    return stack.worker(concurrency=1)


def run(stack, program):
    """The result and the log lines of a job."""
    job_id = stack.client.submit("program", program=program).body["id"]
    job = stack.wait_for(job_id, *ENDED)
    assert job["status"] == "COMPLETED", job
    [(result,)] = stack.sql("SELECT result FROM jobs_job WHERE id = %s", job_id)
    lines = stack.sql("SELECT message FROM jobs_joblog WHERE job_id = %s ORDER BY seq", job_id)
    return result, [line for (line,) in lines]


def test_what_a_handler_prints_is_in_its_log(stack):
    result, lines = run(stack, "print")
    assert sorted(lines) == sorted(["printed", "to stderr", "without an enda", "b"])
    assert result == {"encoding": "utf-8", "is a terminal": False, "errors": "backslashreplace"}


def test_standard_output_takes_bytes_and_has_a_descriptor(stack):
    _, lines = run(stack, "buffer")
    assert sorted(lines) == sorted(["bytes \\xff", "umlaut ä \\udcff", "by its number"])


def test_a_program_that_gets_standard_output_writes_into_the_log(stack):
    _, lines = run(stack, "subprocess")
    assert lines[0] == "from a program"
    assert "complaint" in lines
    assert len(lines) == 10_000, "20,000 lines are cut"


def test_a_pool_of_processes_works_with_sessions_of_its_own(stack):
    result, lines = run(stack, "pool")
    assert result == {"squares": [4, 9], "shared": False, "still mine": True}
    assert sorted(lines) == ["logged 2", "logged 3", "squared 2", "squared 3"]


def test_a_child_process_logs_through_its_handler(stack):
    result, lines = run(stack, "process")
    assert result == {"exit code": 0}
    assert sorted(lines) == ["after", "before", "logged by a child"]


def test_a_log_handler_on_standard_error_does_not_log_for_ever(stack):
    _, lines = run(stack, "stream_handler")
    assert lines == ["once"] * 2, "logged, and printed"
