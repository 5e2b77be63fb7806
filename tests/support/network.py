"""Hosts in network namespaces of this machine, on a network of their own."""

import contextlib
import os
import random
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.debian import program

# For tests of networks (RFC 2544): no site has these addresses.
NETWORKS = [f"198.18.{number}" for number in range(1, 250)]


class Host:
    """A network namespace with an address; its cable can be pulled."""

    def __init__(self, bridge: str, name: str, address: str) -> None:
        self.name = f"{bridge}{name}"  # of the namespace, and of its end of the cable outside
        self.address = address
        ip("netns", "add", self.name)
        ip("link", "add", self.name, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        ip("link", "set", self.name, "master", bridge, "up")
        inside = ("-netns", self.name)
        ip(*inside, "address", "add", f"{address}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            ip(*inside, "link", "set", device, "up")

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` on this host; the process keeps its pid."""
        return [program("ip"), "netns", "exec", self.name, *command]

    def unplug(self) -> None:
        """No packet reaches the host or leaves it; its connections are not told."""
        ip("link", "set", self.name, "down")

    def plug(self) -> None:
        """Undo `unplug`."""
        ip("link", "set", self.name, "up")

    def remove(self) -> None:
        """Remove it, after the end of its processes."""
        for what in (("link", "delete", self.name), ("netns", "delete", self.name)):
            with contextlib.suppress(subprocess.CalledProcessError):
                ip(*what)


class Network:
    """A bridge of this machine, with as many addresses as servers want, and hosts on it."""

    def __init__(self) -> None:
        self.bridge = f"bo{os.getpid()}"
        self._hosts: list[Host] = []
        taken = ip("-oneline", "address")
        free = [one for one in NETWORKS if f" {one}." not in taken]
        self.prefix = random.choice(free)
        ip("link", "add", self.bridge, "type", "bridge")
        ip("link", "set", self.bridge, "up")
        # With its first address the kernel removes all others.
        ip("address", "add", f"{self.prefix}.1/24", "dev", self.bridge)

    @property
    def range(self) -> str:
        """All its addresses."""
        return f"{self.prefix}.0/24"

    def address(self, number: int) -> str:
        """A further address of this machine, for servers."""
        address = f"{self.prefix}.{number}"
        ip("address", "add", f"{address}/24", "dev", self.bridge)
        return address

    def lose(self, address: str) -> None:
        """Let a server's address vanish, as its host does: nothing answers, or says that."""
        ip("address", "delete", f"{address}/24", "dev", self.bridge)

    def find(self, address: str) -> None:
        """Undo `lose`."""
        ip("address", "replace", f"{address}/24", "dev", self.bridge)

    def host(self, name: str, number: int) -> Host:
        """A new host."""
        self._hosts.append(Host(self.bridge, name, f"{self.prefix}.{number}"))
        return self._hosts[-1]

    def remove(self) -> None:
        """Remove all of it."""
        for host in self._hosts:
            host.remove()
        ip("link", "delete", self.bridge)


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """A network in the block; without root, or a kernel that lets us, the test is skipped."""
    program("ip")
    probe = f"bo{os.getpid()}probe"
    try:
        ip("netns", "add", probe)
        ip("netns", "exec", probe, "true")
        ip("netns", "delete", probe)
        made = Network()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"network namespaces need root and a kernel that has them: {error.stderr}")
    try:
        yield made
    finally:
        made.remove()


def ip(*arguments: str) -> str:
    """Run `ip` and return what it prints."""
    command = [program("ip"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
