"""The manifests keep to the schemas of Kubernetes, and name what exists."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from django.conf import settings

from backoffice import __version__, gunicorn
from backoffice.settings import env
from jobs.database.retry import WAIT_SECONDS
from jobs.engine.celery_settings import SETTINGS
from tests.api.clients.test_clients import needs_npm
from tests.deploy.manifests import (
    KUBERNETES,
    PLACES,
    container,
    needs_kubectl,
    of_kind,
    pods,
    rendered,
    settings_of,
)

pytestmark = needs_kubectl
GUIDE = (settings.BASE_DIR / "docs/operations.md").read_text()
VERSIONS = ("1.25", "1.31", "1.37")
COMMON = {"REMAP_SIGTERM"}
SECRETS = Path("/run/secrets/backoffice")
SCALED = yaml.safe_load((KUBERNETES / "keda.yaml").read_text())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", PLACES)
def test_every_resource_keeps_to_the_schema(place, version):
    for resource in rendered(place):
        kubernetes_validate.validate(resource, version, strict=True)


@pytest.mark.parametrize("place", PLACES)
def test_kustomization_names_every_file(place):
    kustomization = yaml.safe_load((KUBERNETES / place / "kustomization.yaml").read_text())
    named = {*kustomization["resources"], "kustomization.yaml"}
    named |= {patch["path"] for patch in kustomization["patches"] if "path" in patch}
    named |= {file for one in kustomization["configMapGenerator"] for file in one["envs"]}
    assert {file.name for file in (KUBERNETES / place).iterdir()} == named - {"../../base"}


@pytest.mark.parametrize("place", PLACES)
def test_the_whole_product_runs(place):
    assert set(pods(place)) == {
        f"backoffice-{one}"
        for one in ("web", "worker-default", "worker-maintenance", "upkeep", "migrate")
    }
    queues = {
        option.partition("=")[2]
        for pod in pods(place).values()
        for option in container(pod).get("command", [])
        if option.startswith("--queues")
    }
    assert queues == {"default", "maintenance"}


@pytest.mark.parametrize("place", PLACES)
def test_every_pod_runs_the_image_of_this_version(place):
    images = {container(pod)["image"] for pod in pods(place).values()}
    registry = "registry.example.com/" if place != "base" else ""
    assert images == {f"{registry}backoffice:{__version__}"}


@pytest.mark.parametrize("place", PLACES)
def test_every_pod_is_hardened_and_has_a_limit_of_memory(place):
    for pod in pods(place).values():
        security = pod["spec"]["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert f"USER {security['runAsUser']}:{security['runAsGroup']}" in (
            (settings.BASE_DIR / "Dockerfile").read_text()
        )
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert container(pod)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        resources = container(pod)["resources"]
        assert set(resources["requests"]) == {"cpu", "memory"}
        assert set(resources["limits"]) == {"memory"}
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        assert {mount["name"] for mount in container(pod)["volumeMounts"]} == volumes


@pytest.mark.parametrize("place", PLACES)
def test_every_variable_is_a_setting(place):
    given = set(settings_of(place))
    for pod in pods(place).values():
        given |= {one["name"] for one in container(pod).get("env", [])}
        [source] = container(pod)["envFrom"]
        assert source["configMapRef"]["name"] in of_kind(place, "ConfigMap")
    assert {name.removesuffix("_FILE") for name in given} - COMMON <= set(env.defaults)


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in_the_manifests_and_the_guide_makes_those_that_are_read(place):
    read = {Path(value) for name, value in settings_of(place).items() if name.endswith("_FILE")}
    assert {path.parent for path in read} == {SECRETS}
    for name, value in settings_of(place).items():
        assert not re.search(r"://[^/]*:[^/]*@", value), name
        assert name.endswith("_FILE") or not re.search("PASSWORD|SECRET", name)
    assert not of_kind(place, "Secret")
    [command] = re.findall(r"^kubectl .*create secret generic (?:.*\\\n)*.*", GUIDE, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))
    made = {word.split("=")[1] for word in words if word.startswith("--from-file")}
    assert made == {path.name for path in read}
    assert words[words.index("generic") + 1] == "backoffice"


@pytest.mark.parametrize("place", PLACES)
def test_selectors_and_names_agree(place):
    found = pods(place)
    labels = {name: pod["metadata"]["labels"] for name, pod in found.items()}
    deployments = of_kind(place, "Deployment")
    for name, one in deployments.items():
        chosen = one["spec"]["selector"]["matchLabels"].items()
        assert [other for other in found if chosen <= labels[other].items()] == [name]
    [web] = of_kind(place, "Service").values()
    [budget] = of_kind(place, "PodDisruptionBudget").values()
    for selector in (web["spec"]["selector"], budget["spec"]["selector"]["matchLabels"]):
        matched = [name for name in found if selector.items() <= labels[name].items()]
        assert matched == ["backoffice-web"]
    [ingress] = of_kind(place, "Ingress").values()
    [rule] = ingress["spec"]["rules"]
    [path] = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "backoffice-web", "port": {"name": "http"}}
    assert rule["host"] == ingress["spec"]["tls"][0]["hosts"][0]
    assert rule["host"] == settings_of(place)["ALLOWED_HOSTS"]
    [port] = container(found["backoffice-web"])["ports"]
    assert web["spec"]["ports"][0]["targetPort"] == port["name"]
    assert gunicorn.bind.endswith(f":{port['containerPort']}")
    for scaler in of_kind(place, "HorizontalPodAutoscaler").values():
        assert scaler["spec"]["scaleTargetRef"]["name"] in deployments


@pytest.mark.parametrize("place", PLACES)
def test_a_stop_leaves_the_time_that_processes_take(place):
    found = pods(place)
    web, lifecycle = found["backoffice-web"], container(found["backoffice-web"])["lifecycle"]
    pause = int(lifecycle["preStop"]["exec"]["command"][1])
    assert web["spec"]["terminationGracePeriodSeconds"] >= pause + gunicorn.graceful_timeout + 10
    for name in ("backoffice-worker-default", "backoffice-worker-maintenance"):
        grace = found[name]["spec"]["terminationGracePeriodSeconds"]
        assert grace >= SETTINGS["worker_soft_shutdown_timeout"] + 15
        assert {"name": "REMAP_SIGTERM", "value": "SIGQUIT"} in container(found[name])["env"]


def test_a_worker_outlives_an_outage_of_postgresql_that_its_jobs_outlive():
    for name, pod in pods("base").items():
        if "worker" in name:
            probe = container(pod)["livenessProbe"]
            assert probe["periodSeconds"] * probe["failureThreshold"] > WAIT_SECONDS


def test_workers_are_scaled_by_series_that_exist():
    names = set(re.findall(r"backoffice_\w+", json.dumps(SCALED)))
    assert names
    metrics = (settings.BASE_DIR / "docs/operations.md").read_text()
    assert all(f"`{name}`" in metrics for name in names)
    target = SCALED["spec"]["scaleTargetRef"]["name"]
    slots = next(
        int(one["value"])
        for one in container(pods("overlays/example")[target])["env"]
        if one["name"] == "WORKER_CONCURRENCY"
    )
    assert int(SCALED["spec"]["triggers"][0]["metadata"]["threshold"]) == slots


@needs_npm
def test_the_scaled_object_keeps_to_the_schema_of_keda(tmp_path):
    for file in (Path(__file__).parent / "keda").iterdir():
        shutil.copy(file, tmp_path)
    run = {"cwd": tmp_path, "capture_output": True, "text": True}
    installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], **run)
    assert installed.returncode == 0, installed.stderr
    for change, accepted in (({}, True), ({"maxReplicaCount": "many"}, False)):
        given = SCALED | {"spec": SCALED["spec"] | change}
        done = subprocess.run(["node", "validate.mjs"], input=json.dumps(given), **run)
        assert (done.returncode == 0) == accepted, done.stderr
