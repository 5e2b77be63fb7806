"""Where the servers of this machine live, and the small secret files beside them."""

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

from backoffice.local.processes import Unavailable

PROJECT = Path(__file__).resolve().parent.parent.parent
DEFAULT = PROJECT / ".local"
STAND_INS = Path("/var/tmp")  # survives a restart of the machine, unlike /tmp
TYPED = (
    "abcdefghjkmnpqrstuvwxyz23456789"  # none of which looks like another; 16 of them are 79 bits
)


def server_account() -> pwd.struct_passwd | None:
    """The account PostgreSQL runs as: `nobody` under root, whom it refuses; else None, our own."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def reachable(directory: Path) -> Path:
    """Return `directory`, or a stand-in that PostgreSQL's account can reach: a 0700 parent shuts it out."""
    directory.mkdir(parents=True, exist_ok=True)
    account = server_account()
    if account is None:
        return directory
    directory.chmod(directory.stat().st_mode | 0o011)
    if _may_enter(directory, account):
        return directory
    stand_in = (
        STAND_INS / f"backoffice-{hashlib.sha256(bytes(directory.resolve())).hexdigest()[:12]}"
    )
    stand_in.mkdir(mode=0o711, exist_ok=True)
    if stand_in.is_symlink() or stand_in.stat().st_uid != os.geteuid():
        raise Unavailable(f"{stand_in} is not ours: remove it, or set DATABASE_URL and REDIS_URL.")
    stand_in.chmod(0o711)
    return stand_in


def _may_enter(directory: Path, account: pwd.struct_passwd) -> bool:
    probe = ["sh", "-c", 'test -x "$0"', str(directory)]
    identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.run(probe, cwd="/", **identity).returncode == 0


@contextlib.contextmanager
def exclusive(file: Path) -> Iterator[None]:
    """Keep every other process out of the block that names the same `file`."""
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def secret(file: Path) -> str:
    """Read a secret kept in `file` (mode 0600), made on first use."""
    return _kept(file, lambda: secrets.token_hex(32))


def password(file: Path) -> str:
    """Read a secret that a person types, "k7mq-4xwd-p9tn-hz3b", kept in `file` (mode 0600), made on first use."""
    return _kept(
        file, lambda: "-".join("".join(map(secrets.choice, [TYPED] * 4)) for _ in range(4))
    )


def _kept(file: Path, make: Callable[[], str]) -> str:
    if not file.exists():
        write_private(file, make())
    return file.read_text()


def write_private(file: Path, text: str) -> None:
    """Put `text` into `file` at once, readable for its owner alone; no reader ever sees half of it."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)  # mkstemp makes it 0600
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    os.replace(name, file)
