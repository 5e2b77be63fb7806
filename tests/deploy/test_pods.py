"""The commands and probes of the manifests, run with the environment that their pods have."""

import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from backoffice.local.processes import free_port
from jobs.models import Job, UpkeepState
from tests.deploy.manifests import container, needs_kubectl, pods, settings_of
from tests.deploy.test_kubernetes import SECRETS
from tests.support.polling import wait_until
from tests.support.processes import Site, manage, production, run, started

pytestmark = [needs_kubectl, pytest.mark.django_db(transaction=True)]
WORKERS = ("backoffice-worker-default", "backoffice-worker-maintenance")


@pytest.fixture
def environment(redis, bucket, tmp_path):
    """environment(pod): its variables, on the servers of the tests, with a /tmp of its own."""
    given = production()
    database, broker = urlsplit(given["DATABASE_URL"]), urlsplit(given["REDIS_URL"])
    places = {
        "DATABASE_URL": given["DATABASE_URL"],
        "REDIS_URL": given["REDIS_URL"],
        "FILES_URL": bucket["FILES_URL"],
        "FILES_ENDPOINT": bucket["FILES_ENDPOINT"],
        "STATIC_ROOT": given["STATIC_ROOT"],
        "EXTRA_APPS": "tests.deploy.sleeper",
        "TMPDIR": str(tmp_path),
    }
    secrets = {
        "secret_key": given["SECRET_KEY"],
        "database_password": database.password or "",
        "redis_password": broker.password or "",
        "files_access_key": bucket["FILES_ACCESS_KEY"],
        "files_secret_key": bucket["FILES_SECRET_KEY"],
    }
    for name, value in secrets.items():
        (tmp_path / name).write_text(value)
    common = {
        name: value.replace(str(SECRETS), str(tmp_path))
        for name, value in settings_of("base").items()
    }
    nothing = dict.fromkeys(["SECRET_KEY", "FILES_DIR"], "")

    def of(pod):
        own = {one["name"]: one["value"] for one in container(pod).get("env", [])}
        return nothing | common | own | places

    return of


def command_of(pod) -> list[str]:
    """Its command, or that of the image."""
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text()
    image = json.loads(re.search(r"^CMD (.*)$", dockerfile, re.MULTILINE)[1])
    found = container(pod).get("command", image)
    return [sys.executable if word == "python" else word for word in found]


def stop(process, pod) -> None:
    """Stop it as Kubernetes does; it must end before it would be killed."""
    process.terminate()
    process.wait(pod["spec"]["terminationGracePeriodSeconds"])


def test_the_probes_of_the_web_are_answered(environment, tmp_path):
    pod = pods("base")["backoffice-web"]
    port = free_port()
    command = [*command_of(pod), f"--bind=127.0.0.1:{port}"]
    with (
        (tmp_path / "log").open("w") as log,
        started(command, log=log, **environment(pod)) as process,
    ):
        site = Site(port, Path(log.name))
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            path = container(pod)[name]["httpGet"]["path"]
            wait_until(lambda path=path: process.poll() is not None or answers(site, path), 60)
            assert process.poll() is None, site.log.read_text()
        stop(process, pod)
    assert process.returncode == 0


def answers(site, path) -> bool:
    """Whether it answers the kubelet, which knows no host name and speaks no HTTPS."""
    try:
        return site.ask(path, Host="10.1.2.3:8000", X_Forwarded_Proto="http").status == 200
    except OSError:
        return False


def is_alive(pod, name, variables) -> bool:
    command = container(pod)[name]["exec"]["command"]
    return run(*command, **variables).returncode == 0


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_tells_its_probes_that_it_lives_and_stops_in_time(name, environment, tmp_path):
    pod = pods("base")[name]
    variables = environment(pod)
    queue = name.removeprefix("backoffice-worker-")
    params = {"default": ("sleep_once", "seconds=6"), "maintenance": ("prune", "dry_run=true")}
    job_type, param = params[queue]
    with (
        (tmp_path / "log").open("w") as log,
        started(command_of(pod), log=log, **variables) as process,
    ):
        assert not is_alive(pod, "livenessProbe", variables), "its heartbeat is still to come"
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            wait_until(lambda probe=probe: is_alive(pod, probe, variables), 60)
        done = manage("submit_job", "one", f"--type={job_type}", f"--param={param}", **variables)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: Job.objects.get().status != "PENDING", 60)
        began_at = time.monotonic()
        stop(process, pod)
        assert Job.objects.get().status == "COMPLETED"
        assert time.monotonic() - began_at < pod["spec"]["terminationGracePeriodSeconds"]
    assert not is_alive(pod, "livenessProbe", variables)


def test_upkeep_runs_and_stops_in_time(environment, tmp_path):
    pod = pods("base")["backoffice-upkeep"]
    with (
        (tmp_path / "log").open("w") as log,
        started(command_of(pod), log=log, **environment(pod)) as process,
    ):
        wait_until(lambda: process.poll() is not None or leads(), 60)
        stop(process, pod)
    assert process.returncode == 0, (tmp_path / "log").read_text()


def leads() -> bool:
    return UpkeepState.objects.exists()


def test_the_job_of_migrations_ends(environment):
    pod = pods("base")["backoffice-migrate"]
    done = run(*command_of(pod), **environment(pod))
    assert done.returncode == 0, done.stderr
