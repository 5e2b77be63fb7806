"""Odd values of variables end as one sentence each, without the secret."""

import os

import pytest

from backoffice.environment import Environment
from backoffice.telemetry.variables import error_reports, trace_export

HIDDEN = "s3cret"
COLLECTOR = "http://127.0.0.1:4318"
NOT_UTF8 = os.fsdecode(b"\xff")


def password(env):
    return env.text("DATABASE_PASSWORD", "")


def number(env):
    return env.number("WEB_THREADS", 8, least=2, most=1000)


def seconds(env):
    return env.seconds("JOBS_LEASE_SECONDS", 60)


def url(env):
    return env.url("REDIS_URL", password="REDIS_PASSWORD", schemes=["redis"])


def directory(env):
    return env.directory("STATIC_ROOT")


@pytest.mark.parametrize(
    ("read", "variable", "value", "problem"),
    [
        (
            password,
            "DATABASE_PASSWORD",
            HIDDEN + NOT_UTF8,
            "PASSWORD is not text in UTF-8.",
        ),
        (directory, "STATIC_ROOT", f"static{NOT_UTF8}", "STATIC_ROOT is not text in UTF-8."),
        (number, "WEB_THREADS", "1001", "WEB_THREADS='1001' is more than 1000. Try 8."),
        (number, "WEB_THREADS", "9" * 5000, "9... is more than 1000. Try 8."),
        (number, "WEB_THREADS", "0" * 5000 + "1", "0... is not a number of 2 or more."),
        (number, "WEB_THREADS", "٨", "WEB_THREADS='٨' is not a number of 2 or more."),
        (seconds, "JOBS_LEASE_SECONDS", "9" * 400, "9... is not a number of seconds. Try 60."),
        (seconds, "JOBS_LEASE_SECONDS", "٦", "JOBS_LEASE_SECONDS='٦' is not a number of seconds."),
        (url, "REDIS_URL", f"redis://:{HIDDEN}@redis:٦/0", "has a port that is not a number"),
        (url, "REDIS_URL", f"redis://:{HIDDEN}@re dis/0", "has a blank in its host."),
        (url, "REDIS_URL", f"redis://:{HIDDEN}@re\ndis/0", "holds a control character."),
        (url, "REDIS_URL", f"redis://:{HIDDEN}%00@redis/0", "holds a control character."),
        (trace_export, "OTEL_BSP_SCHEDULE_DELAY", "0", "DELAY='0' is not a number of 1 or more."),
        (trace_export, "OTEL_BSP_MAX_QUEUE_SIZE", "-5", "SIZE='-5' is not a number of 1 or more."),
        (trace_export, "OTEL_BSP_MAX_QUEUE_SIZE", "9" * 5000, "9... is not a number of 1 or more."),
        (trace_export, "OTEL_BSP_MAX_QUEUE_SIZE", "100", "=100 is less than OTEL_BSP_MAX_EXPORT"),
        (trace_export, "OTEL_EXPORTER_OTLP_TIMEOUT", "nan", "='nan' is not a number of 1 or more."),
        (trace_export, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1", "is not a number of 0 or more."),
        (trace_export, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "", "is not a number of 0 or more."),
        (error_reports, "SENTRY_ENVIRONMENT", "a b", "='a b' is no environment of Sentry."),
        (error_reports, "SENTRY_ENVIRONMENT", "None", "is no environment of Sentry."),
        (error_reports, "SENTRY_ENVIRONMENT", "x" * 65, "is no environment of Sentry."),
    ],
)
def test_an_odd_value_is_one_problem(monkeypatch, read, variable, value, problem):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
    monkeypatch.setenv(variable, value)
    problems = problems_of(read)
    assert len(problems) == 1
    assert problem in problems[0]
    assert HIDDEN not in problems[0]
    assert len(problems[0].encode()) < 400


@pytest.mark.parametrize(
    "name", ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"]
)
@pytest.mark.parametrize(
    "header",
    [
        f"api-key: {HIDDEN}",
        f"a=b,={HIDDEN}",
        f"a={HIDDEN}%0A",
        f"a={HIDDEN}\nb=c",
        f"a={HIDDEN};b",
        "ä=b",
    ],
)
def test_headers_that_cannot_be_sent_are_refused_and_not_shown(monkeypatch, name, header):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
    monkeypatch.setenv(name, header)
    [problem] = problems_of(trace_export)
    assert problem.startswith(f"{name} has an entry that is no header. Write")
    assert HIDDEN not in problem


@pytest.mark.parametrize("limit", ["0", "unset", "128"])
def test_what_the_sdk_takes_is_no_problem(monkeypatch, limit):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, Authorization=Basic QQ==")
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", limit)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3")
    assert problems_of(trace_export) == []


def test_a_secret_file_with_a_zero_byte_is_refused(monkeypatch, tmp_path):
    (tmp_path / "password").write_text(f"{HIDDEN}\0")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    monkeypatch.delenv("DATABASE_PASSWORD", raising=False)
    assert problems_of(password) == ["DATABASE_PASSWORD holds a zero byte. Set it to text."]


def test_a_default_that_follows_another_variable_is_never_refused(monkeypatch):
    monkeypatch.delenv("JOBS_HEARTBEAT_SECONDS", raising=False)
    env = Environment()
    assert env.seconds("JOBS_HEARTBEAT_SECONDS", 0.0005 / 6) == 0.0005 / 6
    assert env.number("UPLOAD_UNUSED_LIMIT_BYTES", 10**16) == 10**16
    assert env.problems == []


def problems_of(read):
    """Return what is wrong with the value that `read` reads."""
    env = Environment()
    read(env)
    return env.problems
