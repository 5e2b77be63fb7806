"""The directory of this machine's servers, and the secret files in it."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from backoffice.local.processes import CannotRun

PROJECT = Path(__file__).resolve().parent.parent.parent
DEFAULT = PROJECT / ".local"
REPLACEMENTS = Path("/var/tmp")  # survives a restart of the machine, unlike /tmp
TYPED = "abcdefghjkmnpqrstuvwxyz23456789"  # no two look alike; 16 of them are 79 bits


def server_account() -> pwd.struct_passwd | None:
    """Return the account for PostgreSQL: `nobody` if we are root, which it refuses, else None."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def reachable(directory: Path) -> Path:
    """Return `directory`, or a replacement if PostgreSQL's account cannot enter it.

    A parent with mode 0700 keeps that account out.
    """
    directory.mkdir(parents=True, exist_ok=True)
    account = server_account()
    if account is None:
        return directory
    directory.chmod(directory.stat().st_mode | 0o011)
    if _may_enter(directory, account):
        return directory
    digest = hashlib.sha256(bytes(directory.resolve())).hexdigest()[:12]
    other = REPLACEMENTS / f"backoffice-{digest}"
    other.mkdir(mode=0o711, exist_ok=True)
    if other.is_symlink() or other.stat().st_uid != os.geteuid():
        fix = "remove it, or set DATABASE_URL and REDIS_URL"
        raise CannotRun(f"{other} belongs to another account: {fix}.")
    other.chmod(0o711)
    return other


def _may_enter(directory: Path, account: pwd.struct_passwd) -> bool:
    probe = ["sh", "-c", 'test -x "$0"', str(directory)]
    identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.run(probe, cwd="/", **identity).returncode == 0


@contextlib.contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Hold an exclusive lock on `file` during the block."""
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def secret(file: Path) -> str:
    """Return the secret in `file` (mode 0600), which is made on first use."""
    return _read_or_make(file, lambda: secrets.token_hex(32))


def password(file: Path) -> str:
    """Return the secret in `file`, one that a person can type: "k7mq-4xwd-p9tn-hz3b".

    The file has mode 0600 and is made on first use.
    """
    groups = ("".join(map(secrets.choice, [TYPED] * 4)) for _ in range(4))
    return _read_or_make(file, lambda: "-".join(groups))


def _read_or_make(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        write_private(file, make())
    return file.read_text()


def write_private(file: Path, text: str) -> None:
    """Write `text` to `file` atomically; only its owner may read it."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)  # mkstemp makes it 0600
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    os.replace(name, file)
