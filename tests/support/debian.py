"""Servers of Debian's packages, which can do what those of the pinned wheels cannot."""

import os
import shutil
from pathlib import Path

import pytest

# `postgres` of one version, for Debian keeps it off the PATH.
PLACES = {
    "redis-server": (Path("/usr/bin/redis-server"), "redis-server"),
    "postgres": (Path("/usr/lib/postgresql/15/bin/postgres"), "postgresql-15"),
    "pgbouncer": (Path("/usr/sbin/pgbouncer"), "pgbouncer"),
    "ip": (Path("/usr/sbin/ip"), "iproute2"),
    "openssl": (Path("/usr/bin/openssl"), "openssl"),
}


def program(name: str) -> str:
    """The path of a program; without it the test is skipped, or fails if REQUIRE_SERVERS=1."""
    path, package = PLACES[name]
    found = str(path) if path.exists() else shutil.which(name)
    if found is None:
        missing = f"{name} is missing: apt-get install {package} (REQUIRE_SERVERS=1 demands it)"
        if os.environ.get("REQUIRE_SERVERS") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found
