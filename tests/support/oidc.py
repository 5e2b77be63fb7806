"""A provider of OpenID Connect as a process of its own, and browsers that sign in by it."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import requests

from backoffice.local.processes import free_port
from tests.support.polling import wait_until

LOGIN = "/sso/oidc/provider/login/"


class Provider:
    """A provider; `claims` of a person are what it says about them."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"

    def knows(self, sub: str, *groups: str, **claims) -> None:
        """Make a person, or change their groups."""
        body = {"preferred_username": sub, "groups": list(groups)} | claims
        requests.put(f"{self.issuer}/users/{sub}", json=body, timeout=20).raise_for_status()


class Browser(requests.Session):
    """A browser of somebody whom the provider knows."""

    def __init__(self, site: str, provider: Provider) -> None:
        super().__init__()
        self.site, self.provider = site, provider

    def page(self, path: str, **options) -> requests.Response:
        """Open a page of the site."""
        return self.get(f"{self.site}{path}", timeout=30, **options)

    def submit(self, path: str, **entries: str) -> requests.Response:
        """Send the form of a page, with what it has hidden."""
        hidden = r'type="hidden" name="([^"]+)" value="([^"]*)"'
        form = dict(re.findall(hidden, self.page("/admin/login/").text + self.page(path).text))
        headers = {"Referer": self.site}
        return self.post(f"{self.site}{path}", data=form | entries, headers=headers, timeout=30)

    def sign_in(self, sub: str, action: str = "", **query: str) -> requests.Response:
        """Sign in as this person; returns the page to which that leads."""
        asked = self.page(f"{LOGIN}?{urlencode(query)}", allow_redirects=False)
        assert asked.headers["Location"].startswith(self.provider.issuer)
        form = {"sub": sub} | ({"action": action} if action else {})
        answered = requests.post(asked.headers["Location"], form, allow_redirects=False, timeout=20)
        return self.get(answered.headers["Location"], timeout=30)


@contextlib.contextmanager
def running_provider() -> Iterator[Provider]:
    """Run it in the block."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", f"--port={port}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        found = Provider(port)
        try:
            wait_until(lambda: process.poll() is not None or _answers(found))
            yield found
        finally:
            process.terminate()


def _answers(provider: Provider) -> bool:
    address = f"{provider.issuer}/.well-known/openid-configuration"
    with contextlib.suppress(requests.ConnectionError):
        return requests.get(address, timeout=5).ok
    return False
