"""Reads where traces and errors go: OpenTelemetry's variables, and SENTRY_DSN."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

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
    if not dsn:
        return None
    seen = f"SENTRY_DSN={mask_url(dsn)!r}"
    if not DSN.fullmatch(dsn):
        fix = "Copy it from the project's settings in Sentry: https://key@host/number"
        env.wrong(seen, "is no address of a project", fix)
    if not is_installed(env, seen, ERROR_PACKAGES):
        return None
    return ErrorReports(dsn, environment, float(share))


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
