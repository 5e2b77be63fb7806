"""The manifests in deploy/kubernetes/, as kustomize renders them."""

import os
import shutil
import subprocess
from functools import cache
from typing import Any

import pytest
import yaml
from django.conf import settings

KUBERNETES = settings.BASE_DIR / "deploy/kubernetes"
PLACES = ("base", "overlays/example")
# Debian's kubectl (1.20) has a kustomize that is too old for these files.
needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None and os.environ.get("REQUIRE_KUBECTL") != "1",
    reason="NOT TESTED: kubectl is not installed; any of 1.25 or newer renders the manifests",
)


@cache
def rendered(place: str) -> list[dict[str, Any]]:
    """The resources of a directory with a kustomization."""
    command = ["kubectl", "kustomize", str(KUBERNETES / place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


def of_kind(place: str, *kinds: str) -> dict[str, dict[str, Any]]:
    """Resources of these kinds by name."""
    found = [one for one in rendered(place) if one["kind"] in kinds]
    return {one["metadata"]["name"]: one for one in found}


def pods(place: str) -> dict[str, dict[str, Any]]:
    """The templates of pods, by the name of what runs them."""
    return {
        name: one["spec"]["template"] for name, one in of_kind(place, "Deployment", "Job").items()
    }


def container(pod: dict[str, Any]) -> dict[str, Any]:
    """The one container of a pod."""
    [only] = pod["spec"]["containers"]
    return only


def settings_of(place: str) -> dict[str, str]:
    """The environment that all pods have."""
    [config] = of_kind(place, "ConfigMap").values()
    return config["data"]
