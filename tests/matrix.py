"""Runs a part of the tests on each PostgreSQL, Redis and Python of this machine.

`python -m tests.matrix` tries each by itself, beside the servers of the wheels and this Python;
`--brief` tries all that differ in one run, which takes about a minute. A Python gets an environment
of its own in .local/, with the locked packages.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from backoffice.local import binaries
from backoffice.local.home import DEFAULT, PROJECT, reachable
from backoffice.local.postgres import Postgres
from backoffice.local.redis import Redis

# Migrations from nothing, web and worker as processes, leases, holds and limits, and the transport
# of messages.
TESTS = (
    "tests/backoffice/test_user_model.py::test_a_member_launches_a_job_that_a_worker_runs",
    "tests/lifecycle/test_admission.py",
    "tests/lifecycle/test_leases.py",
    "tests/engine/test_transport.py",
)
LOCKS = ("requirements.txt", "requirements-dev.txt")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


@dataclass(frozen=True)
class Trial:
    """What one run uses; None is what the tests use anyway."""

    postgres: Path | None = None
    redis: Path | None = None
    python: Path | None = None

    def __str__(self) -> str:
        programs = [one for one in (self.postgres, self.redis, self.python) if one]
        return ", ".join(map(version_of, programs))


def version_of(program: Path) -> str:
    """Return what a program says about its version."""
    return subprocess.check_output([program, "--version"], text=True).strip()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--brief", action="store_true", help="one run with all that differ")
    parser.add_argument("--list", action="store_true", help="say what would be tried")
    options = parser.parse_args(arguments)
    trials = list(_trials())
    if options.brief:
        trials = [_together(trials)]
    failed = 0
    for trial in trials:
        print(f"--- {trial}", flush=True)
        failed += 0 if options.list else _run(trial)
    for version in PYTHONS:
        if _python(version) is None:
            print(f"--- not tried: Python {version} is not on this machine")
    return min(failed, 1)


def _trials() -> Iterator[Trial]:
    """Each PostgreSQL, Redis and Python of the machine once."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    yield from (Trial(postgres=one) for one in (binaries.postgres(), *debian))
    installed = (shutil.which(name) for name in ("redis-server", "valkey-server"))
    for found in {binaries.redis(), *(Path(one) for one in installed if one)}:
        yield Trial(redis=found)
    yield from (Trial(python=one) for version in PYTHONS if (one := _python(version)))


def _together(trials: list[Trial]) -> Trial:
    """The last of each: PostgreSQL and Redis of the machine, and the newest Python."""
    chosen: dict[str, Path] = {}
    for trial in trials:
        chosen |= {name: one for name, one in vars(trial).items() if one}
    chosen["redis"] = Path(shutil.which("redis-server") or chosen["redis"])
    return Trial(**chosen)


def _python(version: str) -> Path | None:
    """The newest Python of a minor version on this machine."""
    versions = Path.home().glob(f".pyenv/versions/{version}.*/bin/python{version}")
    found = [*sorted(versions), Path(f"/usr/bin/python{version}")]
    return next((one for one in reversed(found) if one.exists()), None)


def _run(trial: Trial) -> int:
    python = _environment(trial.python) if trial.python else Path(sys.executable)
    with ExitStack() as stack:
        here = tempfile.TemporaryDirectory(dir=reachable(DEFAULT), prefix="tests-")
        place = Path(stack.enter_context(here))
        env = {"PATH": f"{python.parent}:{os.environ['PATH']}"}
        if trial.postgres:
            env["TEST_DATABASE_URL"] = _started(stack, _postgres(place, trial.postgres))
        if trial.redis:
            redis = Redis(place, durable=False)
            redis.binary = trial.redis
            env["TEST_REDIS_URL"] = _started(stack, redis)
        command = [python, "-m", "pytest", "-q", "-p", "no:randomly", "--durations=5", *TESTS]
        return min(subprocess.call(command, cwd=PROJECT, env=os.environ | env), 1)


def _postgres(place: Path, binary: Path) -> Postgres:
    place.chmod(0o711)  # for the account of PostgreSQL
    server = Postgres(place, durable=False)
    server.binary = binary
    server.major = int(version_of(binary).split()[2].split(".")[0])
    server.data = place / f"postgres-{server.major}"
    return server


def _started(stack: ExitStack, server: Postgres | Redis) -> str:
    stack.callback(server.stop)
    return server.start()


def _environment(python: Path) -> Path:
    """Return the Python of an environment with the locked packages, which is made once."""
    locks = [PROJECT / name for name in LOCKS]
    pins = hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()[:12]
    made = DEFAULT / f"matrix-{version_of(python).split()[1]}-{pins}"
    inside = made / "bin/python"
    if not (made / "done").exists():
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run([python, "-m", "venv", "--without-pip", made], check=True)
        requirements = [word for lock in locks for word in ("-r", str(lock))]
        subprocess.run([*_installer(inside), *requirements], check=True)
        (made / "done").touch()
    return inside


def _installer(python: Path) -> list[str]:
    flags = ["install", "--quiet", "--no-deps", "--require-hashes"]
    if uv := shutil.which("uv"):
        return [uv, "pip", *flags, "--python", str(python)]
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    return [*pip, *flags, "--no-compile"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
