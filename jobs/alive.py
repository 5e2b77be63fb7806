"""Whether a worker on this host is alive: `python -m jobs.alive`, its container's healthcheck.

The agent notes each heartbeat that PostgreSQL took in a small file. This module imports neither
Django nor anything large: `manage.py worker_alive`, which asks PostgreSQL, starts all of Django.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

HEARTBEAT_BYTES = 64


def heartbeat_file(pid: int) -> Path:
    """Return the file of the worker `pid` of this host; hosts may share a TMPDIR."""
    directory = os.environ.get("TMPDIR", "/tmp")
    return Path(directory, f"backoffice-worker-{os.uname().nodename}-{pid}")


def note_heartbeat(lease_seconds: float) -> None:
    """Note that this worker's row has a fresh heartbeat, which counts for a lease.

    The clock is the host's monotonic one, which all its processes share and no correction moves.
    """
    # All digits: rounded up, the heartbeat would be in the future for a moment.
    text = f"{time.monotonic()} {lease_seconds:g}"
    # Not through a link that another account laid there.
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(OSError):  # a full disk must not stop the agent
        file = os.open(heartbeat_file(os.getpid()), flags, 0o600)
        try:
            os.pwrite(file, text.ljust(HEARTBEAT_BYTES).encode(), 0)
        finally:
            os.close(file)


def forget_heartbeat() -> None:
    """Remove the note of this worker, which ends."""
    with contextlib.suppress(OSError):
        heartbeat_file(os.getpid()).unlink()


def is_fresh(note: Path) -> bool:
    """Return whether a note of our own account is younger than its lease."""
    try:
        file = os.open(note, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            is_own = os.fstat(file).st_uid == os.geteuid()
            noted_at, lease = map(float, os.read(file, HEARTBEAT_BYTES).split())
        finally:
            os.close(file)
    except (OSError, ValueError):
        return False
    return is_own and 0 <= time.monotonic() - noted_at <= lease


def main() -> int:
    pattern = heartbeat_file(0).name.removesuffix("0")
    notes = heartbeat_file(0).parent.glob(f"{pattern}[0-9]*")
    if any(is_fresh(note) for note in notes):
        return 0
    sys.stderr.write("No worker on this host sent a heartbeat within a lease.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
