"""The commands of docs/operations.md, "Scaling", start, drain and stop a worker of one queue."""

import re
import shlex

import pytest
import yaml
from django.conf import settings

from jobs.models import Worker
from tests.deploy.manifests import KUBERNETES
from tests.support.operations import documented
from tests.support.polling import wait_until
from tests.support.processes import run, started

GUIDE = (settings.BASE_DIR / "docs/operations.md").read_text()


@pytest.mark.django_db(transaction=True)
def test_a_worker_of_one_queue_is_started_drained_and_stopped(redis, tmp_path):
    [start] = documented("scaling").splitlines()
    listing, drain = documented("moving").splitlines()
    own = {"FILES_DIR": str(tmp_path), "JOBS_HEARTBEAT_SECONDS": "0.5", "REMAP_SIGTERM": "SIGQUIT"}
    with (tmp_path / "log").open("w") as log, started(shlex.split(start), log=log, **own) as worker:
        wait_until(Worker.objects.exists, 60)
        served = Worker.objects.get()
        assert (served.queues, served.slots, served.consuming) == (["reports"], 4, True)
        assert served.id in run(*shlex.split(listing), **own).stdout
        done = run(*shlex.split(drain.replace("ID", served.id)), **own)
        assert done.returncode == 0, done.stderr
        wait_until(lambda: not Worker.objects.get().consuming)
        worker.terminate()
        worker.wait(40)
    assert worker.returncode == 0


def test_what_the_guide_scales_exists():
    services = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())["services"]
    [variable] = re.findall(r"\| compose \| `(\w+)=\d`", GUIDE)
    assert services["worker"]["scale"].startswith(f"${{{variable}:-")
    text = "".join(file.read_text() for file in (KUBERNETES / "base").glob("*.yaml"))
    deployments = re.findall(r"deployment/([\w-]+)", GUIDE)
    assert deployments
    assert all(f"name: {name}\n" in text for name in deployments)
    units = re.findall(r"`systemctl (?:enable|edit)[^`]*(backoffice-\w+)", GUIDE)
    assert all(list((settings.BASE_DIR / "deploy/systemd").glob(f"{unit}*")) for unit in units)
