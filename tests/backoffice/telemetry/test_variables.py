"""A site that asks for traces or reports in a wrong way does not start, and says why."""

import json

import pytest

from tests.support.answering import server
from tests.support.processes import manage, run

COLLECTOR = "http://127.0.0.1:4318"
DSN = "https://public@errors.example.com/42"
HIDE = """
import sys
from importlib.abc import MetaPathFinder

class Hidden(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.startswith(("opentelemetry", "sentry_sdk")):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Hidden())
"""
CHECK = f"{HIDE}\nimport django; django.setup()"
LOADED = """
import json, sys
{load}
# Not OpenTelemetry's SDK: redis-py imports it where it is installed.
known = ("opentelemetry.exporter", "opentelemetry.proto", "sentry_sdk", "google.protobuf",
         "backoffice.telemetry.export", "backoffice.telemetry.spans",
         "backoffice.telemetry.reports")
print(json.dumps([name for name in sys.modules if name.startswith(known)]))
"""
WEB = "import backoffice.wsgi"
WORKER = """
import backoffice.celery
backoffice.celery.app.loader.import_default_modules()
backoffice.celery.import_before_forks()
"""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
            "OTEL_EXPORTER_OTLP_ENDPOINT='collector:4318' does not begin with http://.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://user:s3cret@:4318"},
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT='http://***@:4318' names no host.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL='grpc' is not supported. Set it to http/protobuf.",
        ),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR, "OTEL_TRACES_EXPORTER": "console"},
            "OTEL_TRACES_EXPORTER='console' is not supported. Set it to otlp or none.",
        ),
        ({"SENTRY_DSN": "https://errors.example.com/42"}, "is no address of a project."),
        ({"SENTRY_DSN": "https://s3cret@errors.example.com"}, "SENTRY_DSN='https://***@errors"),
        ({"SENTRY_SAMPLE_RATE": "2"}, "SENTRY_SAMPLE_RATE='2' is not a share from 0 to 1."),
        ({"SENTRY_SAMPLE_RATE": "nan"}, "SENTRY_SAMPLE_RATE='nan' is not a share"),
    ],
)
def test_a_wrong_variable_stops_the_start_in_a_sentence(changes, sentence):
    done = manage("check", **changes)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR},
            "OTEL_EXPORTER_OTLP_ENDPOINT='http://127.0.0.1:***'",
        ),
        ({"SENTRY_DSN": DSN}, "SENTRY_DSN='https://***@errors.example.com/42'"),
    ],
)
def test_a_variable_without_its_package_names_what_to_install(changes, seen):
    done = run("python", "-c", CHECK, DJANGO_SETTINGS_MODULE="backoffice.settings", **changes)
    assert done.returncode != 0
    assert f"{seen} needs a package that is not installed" in done.stderr
    assert "Install requirements-observability.txt" in done.stderr


def test_a_plain_site_needs_none_of_the_packages():
    done = run("python", "-c", CHECK, DJANGO_SETTINGS_MODULE="backoffice.settings")
    assert done.returncode == 0, done.stderr


FLUSH = """
import time
import django
django.setup()
from backoffice.telemetry.process import flush_telemetry, start_telemetry
start_telemetry("worker")
from opentelemetry import trace
trace.get_tracer("test").start_span("waits").end()
began_at = time.monotonic()
flush_telemetry()
print(time.monotonic() - began_at)
"""


def test_a_process_that_ends_waits_a_second_at_most_for_a_silent_collector():
    with server(None) as silent:
        settings = {"DJANGO_SETTINGS_MODULE": "backoffice.settings"}
        done = run("python", "-c", FLUSH, **settings, OTEL_EXPORTER_OTLP_ENDPOINT=silent)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 3


@pytest.mark.parametrize("load", [WEB, WORKER])
def test_nothing_is_imported_unless_the_environment_asks_for_it(load):
    code = LOADED.format(load=load)
    settings = {"DJANGO_SETTINGS_MODULE": "backoffice.settings"}
    plain = run("python", "-c", code, **settings)
    assert json.loads(plain.stdout) == [], plain.stderr
    off = {"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR, "OTEL_TRACES_EXPORTER": "none"}
    assert json.loads(run("python", "-c", code, **settings, **off).stdout) == []
    both = {"OTEL_EXPORTER_OTLP_ENDPOINT": COLLECTOR, "SENTRY_DSN": DSN}
    loaded = json.loads(run("python", "-c", code, **settings, **both).stdout)
    assert {"opentelemetry.exporter", "sentry_sdk"} <= set(loaded), "the probe sees them"
