"""Reads where traces and errors go: OpenTelemetry's variables, and SENTRY_DSN."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from urllib.parse import unquote

from backoffice.environment import Environment
from backoffice.server_urls import fault_of, mask_url

INSTALL = "Install requirements-observability.txt (docs/operations.md, Traces and errors)"
TRACE_PACKAGES = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
ERROR_PACKAGES = ("sentry_sdk",)
PROTOCOL = "http/protobuf"
DSN = re.compile(
    r"https?://[\w.~%-]+(:[\w.~%-]+)?@([\w.-]+|\[[0-9a-f:]+\])(:\d{1,5})?/([\w.-]+/)*\d+",
    re.ASCII | re.IGNORECASE,
)
# "name=value" of a header as the SDK takes it. It would log others, which may hold a key.
SDK_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+[ \t]*=(?P<value>[ !#-+\--:<-\[\]-~]*)", re.ASCII)
ENVIRONMENT_NAME = re.compile(r"(?!None$)[^\s/]{1,64}")  # what Sentry takes
# Numbers that the SDK reads itself: with another value it would not start, or ignore the variable.
SDK_NUMBER = re.compile(
    r"OTEL_(BSP_\w+|(EVENT_|LINK_|SPAN_)?ATTRIBUTE_\w+_LIMIT|SPAN_\w+_COUNT_LIMIT"
    r"|EXPORTER_OTLP_(TRACES_)?TIMEOUT)",
    re.ASCII,
)
SDK_SIZES = {"OTEL_BSP_MAX_QUEUE_SIZE": 2048, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": 512}
SHARE = re.compile(r"0?\.\d+|[01](\.0*)?", re.ASCII)


@dataclass(frozen=True)
class TraceExport:
    """Where spans go. OpenTelemetry's SDK reads further variables of its own, such as samplers."""

    endpoint: str
    headers: str = field(repr=False)  # "name=value,name=value", often with a key
    service: str


@dataclass(frozen=True)
class ErrorReports:
    """Where unexpected errors are reported, and which share of them."""

    dsn: str = field(repr=False)
    environment: str
    share: float


def trace_export(env: Environment) -> TraceExport | None:
    """Return where spans go; None if no endpoint is named, or OTEL_TRACES_EXPORTER is "none"."""
    base = env.text("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    exact = env.text("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
    export = TraceExport(
        endpoint=exact or f"{base.rstrip('/')}/v1/traces",
        headers=env.text("OTEL_EXPORTER_OTLP_HEADERS", ""),
        service=env.text("OTEL_SERVICE_NAME", "backoffice"),
    )
    only_known(env, "OTEL_EXPORTER_OTLP_PROTOCOL", [PROTOCOL])
    exporter = only_known(env, "OTEL_TRACES_EXPORTER", ["otlp", "none"])
    if not (base or exact) or exporter == "none":
        return None
    seen = ""
    for name, url in (
        ("OTEL_EXPORTER_OTLP_ENDPOINT", base),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", exact),
    ):
        if why := url and fault_of(url, ["http", "https"]):
            env.wrong(f"{name}={mask_url(url)!r}", why, "Write it as http://collector:4318")
        seen = f"{name}={mask_url(url)!r}" if url else seen
    check_headers(env, "OTEL_EXPORTER_OTLP_HEADERS", export.headers)
    name = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"  # which the SDK reads itself
    check_headers(env, name, os.environ.get(name, ""))
    check_sdk_numbers(env)
    return export if is_installed(env, seen, TRACE_PACKAGES) else None


def error_reports(env: Environment) -> ErrorReports | None:
    """Return where unexpected errors are reported; None if SENTRY_DSN is not set."""
    dsn = env.text("SENTRY_DSN", "")
    environment = env.text("SENTRY_ENVIRONMENT", "production")
    share = env.text("SENTRY_SAMPLE_RATE", "1")
    if not SHARE.fullmatch(share):
        why = "is not a share from 0 to 1"
        env.wrong(f"SENTRY_SAMPLE_RATE={share!r}", why, "Write one, such as 0.1")
        share = "1"
    if not ENVIRONMENT_NAME.fullmatch(environment):
        why = "is no environment of Sentry"
        env.wrong(f"SENTRY_ENVIRONMENT={environment!r}", why, "Write a word, such as production")
    if not dsn:
        return None
    seen = f"SENTRY_DSN={mask_url(dsn)!r}"
    if not DSN.fullmatch(dsn):
        fix = "Copy it from the project's settings in Sentry: https://key@host/number"
        env.wrong(seen, "is no address of a project", fix)
    if not is_installed(env, seen, ERROR_PACKAGES):
        return None
    return ErrorReports(dsn, environment, float(share))


def check_headers(env: Environment, name: str, headers: str) -> None:
    """Note that an entry of "name=value,name=value" is no header, without showing it."""
    for one in filter(None, (part.strip() for part in headers.split(","))):
        found = SDK_HEADER.fullmatch(one)
        sent = unquote(found["value"]) if found else "\n"
        if not (sent.isprintable() and sent.isascii()):
            fix = 'Write name=value, with commas between them; " is %22, ; is %3B'
            env.wrong(name, "has an entry that is no header", fix)
            return


def check_sdk_numbers(env: Environment) -> None:
    """Note the numbers of the SDK's own variables that it would not take."""
    for name in filter(SDK_NUMBER.fullmatch, sorted(os.environ)):
        value = os.environ[name].strip()
        may_be_zero = name.endswith("_LIMIT")
        is_number = re.fullmatch(r"[0-9]{1,9}", value) and (may_be_zero or int(value))
        if not (is_number or (may_be_zero and value.lower() == "unset")):
            why = f"is not a number of {0 if may_be_zero else 1} or more"
            env.wrong(f"{name}={value!r}", why, "Write one, or remove the variable")
    queue, batch = (_size_of(name, default) for name, default in SDK_SIZES.items())
    if batch > queue:
        why = f"is less than OTEL_BSP_MAX_EXPORT_BATCH_SIZE, which is {batch}"
        env.wrong(f"OTEL_BSP_MAX_QUEUE_SIZE={queue}", why, "Set a larger queue or a smaller batch")


def _size_of(name: str, default: int) -> int:
    value = os.environ.get(name, "").strip()
    return int(value) if re.fullmatch(r"[0-9]{1,9}", value) else default


def only_known(env: Environment, name: str, known: Sequence[str]) -> str:
    """Return the value of a variable, the first of `known` by default; others are noted."""
    value = env.text(name, known[0])
    if value not in known:
        env.wrong(f"{name}={value!r}", "is not supported", f"Set it to {' or '.join(known)}")
    return value


def is_installed(env: Environment, seen: str, names: Sequence[str]) -> bool:
    """Return whether Python finds all of the packages; the first that is missing is noted."""
    for name in names:
        try:
            found = find_spec(name)
        except ModuleNotFoundError:  # of the package around it
            found = None
        if found is None:
            env.wrong(seen, f"needs a package that is not installed: {name}", INSTALL)
            return False
    return True
