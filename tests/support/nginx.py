"""nginx as operators run it, with the blocks of docs/operations.md."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings

from backoffice.local.processes import free_port
from tests.support.polling import wait_until

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
needs_nginx = pytest.mark.skipif(
    not Path(NGINX).exists() and os.environ.get("REQUIRE_NGINX") != "1",
    reason="NOT TESTED: nginx is not installed; apt install nginx-light",
)
CONFIGURATION = """
daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/error.log;
user root;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
    fastcgi_temp_path {place}/f; uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
    {upstream}
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""


def documented(word: str) -> str:
    """The block of nginx's configuration in docs/operations.md that has this word."""
    text = (Path(settings.BASE_DIR) / "docs/operations.md").read_text()
    blocks = re.findall(r"^```nginx\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    [found] = [block for block in blocks if word in block]
    return found


@contextlib.contextmanager
def nginx(
    place: Path,
    ports: Sequence[int],
    *,
    prefix: str = "/",
    files: str = "",
    static: bool = False,
) -> Iterator[int]:
    """Run nginx in front of web servers on these ports; gives its port.

    `files` is the directory whose files it sends itself; with `static` it looks for static files on
    all of the servers, as two versions need it.
    """
    servers = " ".join(f"server 127.0.0.1:{port} max_fails=0;" for port in ports)
    location = documented("upstream backoffice")
    location += documented("http_404") if static else ""
    location = location.replace("location /backoffice/", f"location {prefix}")
    location = re.sub(r"^upstream.*?^}", "", location, flags=re.DOTALL | re.MULTILINE)
    own = documented("X-Accel-Redirect").replace("/var/lib/backoffice/files/", f"{files}/")
    port = free_port()
    text = CONFIGURATION.format(
        place=place,
        port=port,
        upstream=f"upstream backoffice {{ {servers} }}",
        locations=location + (own if files else ""),
    )
    (place / "nginx.conf").write_text(text)
    with subprocess.Popen([NGINX, "-c", str(place / "nginx.conf"), "-p", str(place)]) as process:
        try:
            wait_until(lambda: process.poll() is None and _listens_on(port))
            yield port
        finally:
            process.terminate()


def _listens_on(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
