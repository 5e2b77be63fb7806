"""A server of S3's protocol in a process of its own, and buckets on it."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from unittest import mock
from uuid import uuid4

import pytest

from backoffice.environment import Environment
from backoffice.file_storage import job_storage
from backoffice.local.processes import free_port
from jobs import storage
from tests.support.polling import wait_until


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that lives as long as the tests."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: process.poll() is None and _listens(port), 60)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def variables(server: str, bucket: str = "") -> dict[str, str]:
    """The environment of a site whose files are in a bucket of the server."""
    return {
        "FILES_URL": f"s3://{bucket or f'files-{uuid4().hex}'}/of/jobs",
        "FILES_ENDPOINT": server,
        "FILES_ACCESS_KEY": "key",
        "FILES_SECRET_KEY": "secret",
        "FILES_DIR": "",
    }


def use(settings, environment: dict[str, str]) -> None:
    """Keep the files of jobs as the environment says, in this process."""
    with mock.patch.dict(os.environ, environment):
        env = Environment()
        chosen = job_storage(env)
        env.refuse()
    settings.STORAGES = settings.STORAGES | {"jobs": chosen}


@pytest.fixture
def bucket(settings, s3_server) -> dict[str, str]:
    """Keep the files of jobs in a new bucket; returns the environment that names it."""
    environment = variables(s3_server)
    use(settings, environment)
    client().create_bucket(Bucket=name_of(environment))
    return environment


def name_of(environment: dict[str, str]) -> str:
    """The name of the environment's bucket."""
    return environment["FILES_URL"].split("/")[2]


def client():
    """boto3's client of the storage in use."""
    return storage.place()._client
