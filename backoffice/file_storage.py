"""Chooses where files of jobs are kept: a directory (FILES_DIR) or a bucket (FILES_URL)."""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from backoffice.environment import Environment
from backoffice.server_urls import fault_of, mask_url
from jobs.app_settings import file_storage

BUCKET_URL = re.compile(
    r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?P<prefix>(/[\w.-]+)*)/?"
)
PACKAGES = ("storages", "boto3")
OF_BUCKETS = ("FILES_ENDPOINT", "FILES_REGION", "FILES_ACCESS_KEY", "FILES_SECRET_KEY")
# A request to a silent server ends within 21 s: two attempts of 10 s.
BUCKET_CONNECT_SECONDS = 3
BUCKET_READ_SECONDS = 10
ATTEMPTS = 2
OWN_REGION = "us-east-1"  # the default of servers that speak S3
# The memory of one upload, and its step; S3 takes 10,000 of them, which are 156 GiB.
PART_BYTES = 16 * 1024 * 1024


def job_storage(env: Environment) -> dict[str, Any]:
    """Return STORAGES["jobs"]: a bucket if FILES_URL is set, else the directory FILES_DIR."""
    url = env.text("FILES_URL", "")
    given = {name: env.text(name, "") for name in OF_BUCKETS}
    if url:
        env.defaults["FILES_DIR"] = None  # required, unless a bucket is used
        return _bucket(env, url, given)
    for name in [name for name, value in given.items() if value]:
        env.wrong(name, "is set without FILES_URL", "Set FILES_URL=s3://bucket, or remove it")
    return file_storage(env.directory("FILES_DIR"))


def accel_prefix(env: Environment) -> str:
    """Return nginx's internal location of FILES_DIR, or "" if nginx does not send the files."""
    prefix = env.path_prefix("FILES_ACCEL_PREFIX", "/job-files/")
    if prefix and env.text("FILES_URL", ""):
        why = "is set beside FILES_URL, and nginx cannot read a bucket"
        env.wrong(f"FILES_ACCEL_PREFIX={prefix!r}", why, "Remove it")
    return prefix


def _bucket(env: Environment, url: str, given: dict[str, str]) -> dict[str, Any]:
    found = BUCKET_URL.fullmatch(url)
    if found is None or ".." in url:
        why, fix = "is no bucket", "Write it as s3://bucket or s3://bucket/folder"
        env.wrong(f"FILES_URL={mask_url(url)!r}", why, fix)
    _check_endpoint(env, given["FILES_ENDPOINT"])
    if bool(given["FILES_ACCESS_KEY"]) != bool(given["FILES_SECRET_KEY"]):
        why = "need each other"
        env.wrong("FILES_ACCESS_KEY and FILES_SECRET_KEY", why, "Set both, or none of them")
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        why = f"needs django-storages and boto3: Python finds no package {missing[0]}"
        fix = "Install requirements-s3.txt (docs/operations.md, Files in a bucket)"
        env.wrong(f"FILES_URL={mask_url(url)!r}", why, fix)
    if found is None or missing:
        return {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    is_own_server = bool(given["FILES_ENDPOINT"])
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": found["bucket"],
            "location": found["prefix"].strip("/"),
            "endpoint_url": given["FILES_ENDPOINT"] or None,
            "region_name": given["FILES_REGION"] or (OWN_REGION if is_own_server else None),
            "access_key": given["FILES_ACCESS_KEY"] or None,
            "secret_key": given["FILES_SECRET_KEY"] or None,
            "max_memory_size": PART_BYTES,  # of a file that is opened; the rest is on disk
            **_client(is_own_server=is_own_server),
        },
    }


def _client(*, is_own_server: bool) -> dict[str, Any]:
    config = import_module("botocore.config").Config(
        connect_timeout=BUCKET_CONNECT_SECONDS,
        read_timeout=BUCKET_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=50,
        tcp_keepalive=True,
        # Many servers of S3's protocol refuse the checksums that boto3 adds by default.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if is_own_server else "auto"},
    )
    # Without threads: a handler that is interrupted leaves none behind.
    transfer = import_module("boto3.s3.transfer").TransferConfig(
        multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, use_threads=False
    )
    return {"client_config": config, "transfer_config": transfer}


def _check_endpoint(env: Environment, endpoint: str) -> None:
    if not endpoint:
        return
    why = fault_of(endpoint, ["https", "http"])
    parts = urlsplit(endpoint)
    if not why and (parts.path.strip("/") or parts.query or "@" in parts.netloc):
        why = "has more than a host and a port"
    if why:
        fix = "Write it as https://s3.example.com, without bucket and keys"
        env.wrong(f"FILES_ENDPOINT={mask_url(endpoint)!r}", why, fix)
