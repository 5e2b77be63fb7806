"""The units in deploy/systemd/ run the product, harden it, and stop it without losing jobs."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from django.conf import settings

from backoffice.local.processes import free_port
from tests.support.databases import new_database, rows
from tests.support.operations import documented
from tests.support.polling import wait_until
from tests.support.processes import Site, manage, production
from tests.support.systemd import needs_systemd, running_systemd

UNITS = settings.BASE_DIR / "deploy/systemd"
SERVICES = [
    "backoffice-web.service",
    "backoffice-worker@default.service",
    "backoffice-worker@maintenance.service",
    "backoffice-upkeep.service",
]
WORKER = "backoffice-worker@default.service"
MOST_EXPOSURE = 20  # of 100, as systemd-analyze counts it


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The root of a host on which the units are installed, with programs that do nothing."""
    needs_systemd()
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(UNITS, root / "etc/systemd/system")
    programs = root / "opt/backoffice/.venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "celery", "gunicorn"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    (root / "usr/lib/systemd/system").mkdir(parents=True)
    for name in ("sysinit", "basic", "shutdown", "network-online", "multi-user", "sockets"):
        source = f"/usr/lib/systemd/system/{name}.target"
        shutil.copy(source, root / "usr/lib/systemd/system")
    return root


def analyze(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", f"--root={root}", "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


OTHERS = ["backoffice-migrate.service", "backoffice-web.socket", "backoffice.target"]


@pytest.mark.parametrize("unit", [*SERVICES, *OTHERS])
def test_systemd_accepts_every_unit(installed, unit):
    done = analyze(installed, "verify", unit)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_is_hardened(installed, unit):
    done = analyze(installed, "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", unit)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def environment():
    """backoffice.env of a site with an empty database."""
    with new_database() as url:
        yield production(
            DATABASE_URL=url,
            WEB_ADDRESS=f"127.0.0.1:{free_port()}",
            FILES_DIR="/var/lib/backoffice/files",
            STATIC_ROOT="/var/lib/backoffice/static",
            EXTRA_APPS="tests.deploy.sleeper",
            JOBS_QUEUE_PREFIX="systemd:",
        )


@pytest.fixture(scope="module")
def host(environment, tmp_path_factory):
    """A host on which the site is installed by the commands of the guide, and does not run."""
    needs_systemd()
    text = "".join(f"{name}={value}\n" for name, value in environment.items() if name != "PATH")
    with running_systemd(tmp_path_factory.mktemp("systemd"), text) as host:
        before, start = documented("systemd").split("systemctl start backoffice.target")
        assert start.strip() == ""
        done = host.run("sh", "-ec", re.sub(r"make .*", "", f"cd /mnt\n{before}"))
        assert done.returncode == 0, done.stderr + host.logs()
        yield host


@pytest.fixture(scope="module")
def target(host):
    """The target, which stops within the time of its units when the tests have ended."""
    yield "backoffice.target"
    host.systemctl("stop", "backoffice.target")
    for unit in SERVICES:
        assert host.show(unit, "Result") == "success", unit


@pytest.fixture
def site(host, target, environment):
    """The running site."""
    host.systemctl("start", target, *SERVICES)
    port = int(environment["WEB_ADDRESS"].rpartition(":")[2])
    return Site(port, host.place / "backoffice-web.log")


def submit(environment, job_type, seconds) -> None:
    done = manage(
        *("submit_job", job_type, f"--type={job_type}", f"--param=seconds={seconds}"),
        **environment | {"FILES_DIR": str(Path(settings.BASE_DIR) / "nowhere")},
    )
    assert done.returncode == 0, done.stderr


def status_of(environment, name) -> str:
    return rows(environment, f"SELECT status FROM jobs_job WHERE name = '{name}'")[-1][0]


def test_the_target_starts_the_whole_product_and_a_stop_loses_no_job(host, site, environment):
    assert site.ask("/readyz").status == 200
    page = site.ask("/admin/login/").text
    assert site.ask(re.search(r'href="(/static/[^"]+\.css)"', page)[1]).status == 200
    submit(environment, "sleep_again", 300)
    submit(environment, "sleep_once", 12)
    names = ["sleep_again", "sleep_once"]
    wait_until(lambda: {status_of(environment, one) for one in names} == {"PROCESSING"}, 60)
    began_at = time.monotonic()
    host.systemctl("stop", WORKER)
    assert time.monotonic() - began_at < 40
    assert host.show(WORKER, "Result") == "success"
    assert status_of(environment, "sleep_once") == "COMPLETED"
    assert status_of(environment, "sleep_again") == "PENDING"
    assert host.run("sh", "-c", "ls /var/lib/backoffice/files/20*/*/*/*/").stdout
    [(job_id,)] = rows(environment, "SELECT id::text FROM jobs_job WHERE status = 'PENDING'")
    assert manage("cancel_job", job_id, "--reason=over", **environment).returncode == 0


@pytest.mark.parametrize("unit", SERVICES)
def test_a_process_has_no_rights_and_writes_to_its_own_places_alone(host, site, unit):
    pid = host.show(unit, "MainPID")
    status = dict(
        line.split(":\t", 1)
        for line in host.run("cat", f"/proc/{pid}/status").stdout.splitlines()
        if ":\t" in line
    )
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {0}
    account = host.run("id", "--user", "backoffice").stdout.strip()
    assert set(status["Uid"].split("\t")) == {account}
    writes = "for place in / /etc /opt/backoffice /var/lib/backoffice /tmp /var/tmp; do"
    writes += ' touch "$place/probe" 2>/dev/null && rm "$place/probe" && echo "$place"; done; :'
    inside = ["nsenter", f"--target={pid}", "--mount", f"--setuid={account}", "sh", "-c", writes]
    assert host.run(*inside).stdout.split() == ["/var/lib/backoffice", "/tmp", "/var/tmp"]


def test_a_command_has_the_environment_and_the_account_of_the_units(host):
    command = documented("command").replace("createsuperuser", "migrate --check")
    command = command.replace("exec .venv", "LD_LIBRARY_PATH=/opt/python/lib exec .venv")
    done = host.run("sh", "-ec", command)
    assert done.returncode == 0, done.stderr


def test_a_killed_process_is_started_again(host, site):
    before = host.show("backoffice-upkeep.service", "MainPID")
    host.systemctl("kill", "--signal=KILL", "backoffice-upkeep.service")
    wait_until(lambda: host.show("backoffice-upkeep.service", "MainPID") not in ("0", before), 30)
