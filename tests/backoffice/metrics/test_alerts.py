"""Alerts and dashboard name series that /metrics has, and each alert has a section to read."""

import json
import os
import re
import shutil
import subprocess

import pytest
import yaml
from django.conf import settings
from django.test import Client

from jobs.models import UpkeepState
from tests.backoffice.metrics.promql import grouped_labels, series_of
from tests.backoffice.metrics.test_scrape import TOKEN, samples, scrape
from tests.support.factories import make_job, make_worker

DEPLOY = settings.BASE_DIR / "deploy"
RULES = DEPLOY / "prometheus/alerts.yml"
ALERTS = {rule["alert"]: rule for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
DASHBOARD = json.loads((DEPLOY / "grafana/backoffice.json").read_text())
OF_PROMETHEUS = {"up": {"job", "instance"}}


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def ended(host: str, status: str, code: str, values: str) -> str:
    labels = f'instance="{host}", type="report", status="{status}", error_code="{code}"'
    return f"backoffice_jobs_ended_total{{{labels}}} {values}"


def expressions() -> dict[str, str]:
    found = {name: rule["expr"] for name, rule in ALERTS.items()}
    for panel in panels():
        for target in panel["targets"]:
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    for note in DASHBOARD["annotations"]["list"]:
        found[note["name"]] = note["expr"]
    return found


@pytest.fixture
def series(db, settings, redis) -> dict[str, set[str]]:
    """The labels of each series of /metrics."""
    settings.PROBE_TOKEN = TOKEN
    UpkeepState.objects.create(id=1, host="h", pid=1, counted_until="2026-01-01T00:00Z")
    make_job()
    make_worker()
    Client().get("/api/v1/jobs/")  # is counted, and refused
    found = dict(OF_PROMETHEUS)
    for name, *labels in samples(scrape()):
        found.setdefault(name, {"instance", "job"}).update(label for label, _ in labels)
    return found


def test_alerts_and_dashboard_name_only_series_and_labels_that_exist(series):
    for what, expression in expressions().items():
        named = series_of(expression)
        assert named, what
        assert named.keys() <= series.keys(), what
        for name, labels in named.items():
            assert labels <= series[name], what
        assert grouped_labels(expression) <= set().union(*(series[name] for name in named)), what


def test_every_series_is_explained_in_the_guide_for_operators(series):
    text = (settings.BASE_DIR / "docs/operations.md").read_text()
    explained = set(re.findall(r"`(backoffice_\w+)`", text))
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in series} - OF_PROMETHEUS.keys()
    assert shown == explained


def test_the_reader_of_promql_finds_series_labels_and_groups():
    expression = """
        sum by (le, type) (rate(a_bucket{type=~"x|y{", status!="up"}[5m] offset 1m))
        / on (job) group_left (b) max(c) > 0.2 and time() - d > 1e3"""
    assert series_of(expression) == {"a_bucket": {"type", "status"}, "c": set(), "d": set()}
    assert grouped_labels(expression) == {"le", "type", "job", "b"}


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_leads_to_its_section_of_the_runbook(name):
    runbook = (settings.BASE_DIR / "docs/runbook.md").read_text()
    page, _, anchor = ALERTS[name]["annotations"]["runbook"].partition("#")
    assert (page, anchor) == ("docs/runbook.md", name.lower())
    assert f"\n## {name}\n" in runbook
    assert ALERTS[name]["annotations"]["summary"]
    assert ALERTS[name]["labels"]["severity"] in ("critical", "warning")


def test_the_runbook_has_no_section_without_an_alert():
    runbook = (settings.BASE_DIR / "docs/runbook.md").read_text()
    assert set(re.findall(r"^## (\w+)$", runbook, re.MULTILINE)) == set(ALERTS)
    links = re.findall(r"\(#(\w+)\)", runbook)
    assert set(links) <= {name.lower() for name in ALERTS}


@pytest.fixture
def promtool():
    """Prometheus's own checker; Debian's package `prometheus` has it."""
    found = shutil.which("promtool")
    if found is None and os.environ.get("REQUIRE_PROMTOOL"):
        pytest.fail("promtool is missing: apt-get install prometheus")
    if found is None:
        pytest.skip("promtool is missing: apt-get install prometheus")
    return lambda *arguments, text="": subprocess.run(
        [found, *arguments], input=text, capture_output=True, text=True, cwd=RULES.parent
    )


def test_prometheus_accepts_the_alerts_and_their_configuration(promtool):
    checked = promtool("check", "config", "--syntax-only", "prometheus.yml")
    assert checked.returncode == 0, checked.stderr
    checked = promtool("check", "rules", "alerts.yml")
    assert checked.returncode == 0, checked.stderr
    assert f"{len(ALERTS)} rules found" in checked.stdout


def test_prometheus_accepts_every_query_of_the_dashboard(promtool, tmp_path):
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions().values())
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    checked = promtool("check", "rules", str(file))
    assert checked.returncode == 0, checked.stderr + checked.stdout


def test_prometheus_accepts_what_a_scrape_returns(promtool, series):
    checked = promtool("check", "metrics", text=scrape())
    assert (checked.returncode, checked.stderr) == (0, "")


# What Prometheus scraped for an hour, once a minute, when exactly this alert fires at its end.
CASES = {
    "BackofficeDown": ['up{job="backoffice", instance="b"} 0x60'],
    "BackofficePostgresqlAway": ['backoffice_postgresql_up{instance="a"} 0x60'],
    "BackofficeRedisAway": ['backoffice_redis_up{instance="a"} 0x60'],
    "BackofficeUpkeepSilent": ["backoffice_upkeep_last_pass_timestamp_seconds 0x60"],
    "BackofficeQueueUnserved": [
        'backoffice_queue_slots{queue="slow"} 0x60',
        'backoffice_queue_jobs{queue="slow"} 3x60',
    ],
    "BackofficeJobsWait": ['backoffice_queue_oldest_wait_seconds{queue="slow"} 0+60x60'],
    "BackofficeJobsFail": [
        ended("a", "FAILED", "exception", "0+1x60"),
        ended("b", "FAILED", "exception", "0+1x60"),
        ended("a", "COMPLETED", "", "0+3x60"),
        ended("b", "COMPLETED", "", "0+3x60"),
    ],
    "BackofficeWorkersLost": [ended("a", "FAILED", "worker_lost", "0x55 1x5")],
    "BackofficeMessagesLost": ["backoffice_republished_total 0+2x60"],
    "BackofficeInternalErrors": [ended("a", "FAILED", "internal_error", "0x50 1x10")],
    "BackofficeRequestsFail": [
        'backoffice_requests_total{status="503"} 0+1x60',
        'backoffice_requests_total{status="200"} 0+10x60',
    ],
    "BackofficeRequestsSlow": [
        'backoffice_request_seconds_bucket{door="api", le="2.5"} 0+9x60',
        'backoffice_request_seconds_bucket{door="api", le="5"} 0+10x60',
        'backoffice_request_seconds_bucket{door="api", le="+Inf"} 0+10x60',
    ],
    "BackofficeOutcomeUnknown": ['backoffice_refused_total{reason="outcome_unknown"} 0x55 1x5'],
    "BackofficeDatabaseErrors": ['backoffice_database_errors_total{kind="busy"} 0+2x60'],
    "BackofficeBrokerErrors": ['backoffice_broker_errors_total{reason="failed"} 0+2x60'],
    "BackofficeCountsStale": ["backoffice_jobs_counted_until_timestamp_seconds 0x60"],
}
# What it scraped of two healthy hosts.
HEALTHY = [
    'up{job="backoffice", instance="a"} 1x60',
    'backoffice_postgresql_up{instance="a"} 0x60',  # one host cannot reach it, the other can
    'backoffice_postgresql_up{instance="b"} 1x60',
    'backoffice_redis_up{instance="a"} 1x60',
    "backoffice_upkeep_last_pass_timestamp_seconds 0+60x60",
    "backoffice_jobs_counted_until_timestamp_seconds 0+60x60",
    'backoffice_queue_slots{queue="slow"} 2x60',
    'backoffice_queue_jobs{queue="slow"} 3x60',
    'backoffice_queue_slots{queue="unused"} 0x60',
    'backoffice_queue_jobs{queue="unused"} 0x60',
    'backoffice_queue_oldest_wait_seconds{queue="slow"} 20x60',
    ended("a", "FAILED", "exception", "0+1x60"),
    ended("a", "COMPLETED", "", "0+9x60"),
    ended("a", "FAILED", "worker_lost", "4x60"),
    "backoffice_rescued_total 2x60",
    "backoffice_republished_total 5x60",
    'backoffice_requests_total{status="503"} 0+1x60',
    'backoffice_requests_total{status="200"} 0+100x60',
    'backoffice_database_errors_total{kind="busy"} 7x60',
    'backoffice_request_seconds_bucket{door="api", le="0.1"} 0+10x60',
    'backoffice_request_seconds_bucket{door="api", le="+Inf"} 0+10x60',
]


def rule_test(series: list[str], firing: str) -> dict[str, object]:
    samples = [{"labels": f'{{alertname="{firing}"}}', "value": 1}] if firing else []
    asked = {
        "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": "60m",
        "exp_samples": samples,
    }
    # The values follow the first space that is not within braces.
    inputs = [
        {"series": name + labels, "values": values}
        for name, labels, values in (
            re.fullmatch(r"(\w+)(\{.*\})? (.*)", one).groups("") for one in series
        )
    ]
    return {"interval": "1m", "input_series": inputs, "promql_expr_test": [asked]}


def test_each_alert_fires_in_its_case_and_none_on_healthy_hosts(promtool, tmp_path):
    assert CASES.keys() == ALERTS.keys()
    tests = [rule_test(series, name) for name, series in CASES.items()]
    tests.append(rule_test(HEALTHY, ""))
    file = tmp_path / "tests.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": tests}))
    checked = promtool("test", "rules", str(file))
    assert checked.returncode == 0, checked.stderr + checked.stdout
