"""A systemd of its own in namespaces, with the code of the site in /opt/backoffice.

It shares the network of the machine, and nothing that it writes to: /etc, /opt, /run, /var/lib and
/var/tmp are its own.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.support.polling import wait_until

SYSTEMD = "/usr/lib/systemd/systemd"
ROOTS_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Those that our units depend on by default; the others would start services of a whole machine.
TARGETS = "sysinit basic shutdown network network-online multi-user"
BOOT = """
mount --make-rprivate /
mount --bind "$PLACE" /mnt
mount -t tmpfs tmpfs /run
mkdir -p /run/etc /run/units
cp --archive /etc/. /run/etc
mount --bind /run/etc /etc
rm -rf /etc/systemd/system/* /etc/systemd/*.conf /etc/fstab
for target in $TARGETS; do cp "/usr/lib/systemd/system/$target.target" /run/units; done
mount --bind /run/units /usr/lib/systemd/system
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir -p /opt/python
mount --bind "$PYTHON" /opt/python
for name in manage.py backoffice jobs templates static tests deploy; do
    if test -d "$SOURCE/$name"; then
        mkdir -p "/opt/backoffice/$name"
    else
        mkdir -p /opt/backoffice && touch "/opt/backoffice/$name"
    fi
    mount --bind "$SOURCE/$name" "/opt/backoffice/$name"
done
/opt/python/bin/python3 -m venv --without-pip /opt/backoffice/.venv
mount --bind "$PACKAGES" "$(echo /opt/backoffice/.venv/lib/python*/site-packages)"
for name in gunicorn celery; do
    program=/opt/backoffice/.venv/bin/$name
    sed '1s|.*|#!/opt/backoffice/.venv/bin/python|' "$SCRIPTS/$name" > $program
    chmod 755 $program
done
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -t tmpfs tmpfs /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir /etc/systemd/system/backoffice-.service.d
cat > /etc/systemd/system/backoffice-.service.d/test.conf <<'CONF'
[Service]
StandardOutput=append:/mnt/%N.log
StandardError=inherit
Environment=LD_LIBRARY_PATH=/opt/python/lib
CONF
container=test exec /usr/lib/systemd/systemd --system --unit=basic.target --log-target=console \
    --show-status=no
"""


class Host:
    """A host on which systemd runs; `place` is /mnt there, and has the logs of units."""

    def __init__(self, pid: int, place: Path) -> None:
        self.pid, self.place = pid, place

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command on this host as root."""
        return subprocess.run(
            ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--uts", "--ipc", *command],
            env=os.environ | {"PATH": ROOTS_PATH},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def systemctl(self, *arguments: str) -> str:
        """Run systemctl, which must succeed; returns what it prints."""
        done = self.run("systemctl", *arguments)
        assert done.returncode == 0, done.stderr + self.logs()
        return done.stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.systemctl("show", "--value", f"--property={name}", unit)

    def logs(self) -> str:
        """What systemd and the units have logged."""
        return "\n".join(file.read_text()[-3000:] for file in self.place.glob("*.log"))


def needs_systemd() -> None:
    """Skip the test without systemd and root; fail instead if REQUIRE_SERVERS=1."""
    if Path(SYSTEMD).exists() and shutil.which("systemd-analyze") and os.geteuid() == 0:
        return
    missing = "systemd, as root, is missing: apt-get install systemd (REQUIRE_SERVERS=1 demands it)"
    if os.environ.get("REQUIRE_SERVERS") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


@contextlib.contextmanager
def running_systemd(place: Path, environment: str) -> Iterator[Host]:
    """Run systemd in the block; `environment` is the text of backoffice.env."""
    place.chmod(0o755)
    (place / "backoffice.env").write_text(environment)
    given = {
        "PATH": ROOTS_PATH,
        "PLACE": str(place),
        "TARGETS": TARGETS,
        "SOURCE": str(settings.BASE_DIR),
        "PYTHON": sys.base_prefix,
        "PACKAGES": sysconfig.get_path("purelib"),
        "SCRIPTS": str(Path(sys.executable).parent),
    }
    namespaces = ["--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child"]
    command = ["unshare", *namespaces, "--mount-proc", "sh", "-euc", BOOT]
    with _own_cgroup(place.name) as enter, (place / "systemd.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=given, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=enter
        )
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            wait_until(lambda: process.poll() is not None or children.read_text())
            assert process.poll() is None, (place / "systemd.log").read_text()
            host = Host(int(children.read_text()), place)
            wait_until(lambda: process.poll() is not None or _is_up(host))
            assert process.poll() is None, host.logs()
            yield host
        finally:
            process.kill()
            process.wait()


def _is_up(host: Host) -> bool:
    return host.run("systemctl", "is-active", "basic.target").stdout == "active\n"


@contextlib.contextmanager
def _own_cgroup(name: str):
    """Give a function that moves a new process into a cgroup of its own, removed at the end."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    [root, *_] = [Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"]
    own = root / f"backoffice-{name}-{os.getpid()}"
    own.mkdir()
    try:
        yield lambda: (own / "cgroup.procs").write_text(str(os.getpid()))
    finally:
        wait_until(lambda: _is_removed(own), 10)


def _is_removed(cgroup: Path) -> bool:
    """Remove what has no process left; killed ones take a moment."""
    for directory in [*sorted(cgroup.rglob("*/"), reverse=True), cgroup]:
        with contextlib.suppress(OSError):
            directory.rmdir()
    return not cgroup.exists()
