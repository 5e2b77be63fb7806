"""Sends files of any size to a running site, a piece at a time."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PIECE_BYTES = 256 * 1024
BOUNDARY = "between-the-parts"
SECONDS = 120  # for one request


@dataclass
class Reply:
    """What the site answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def pieces(path: Path) -> Iterator[bytes]:
    """The content of a file."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def send_file(port: int, address: str, path: Path, headers: Mapping[str, str]) -> Reply:
    """POST a file as the body itself."""
    return _request(port, address, pieces(path), path.stat().st_size, headers)


def send_form(
    port: int,
    address: str,
    fields: Mapping[str, str],
    files: Mapping[str, Path],
    headers: Mapping[str, str],
) -> Reply:
    """POST the entries and files of a form, as a browser does."""
    heads = {name: _part(f'{name}"; filename="{path.name}') for name, path in files.items()}
    texts = b"".join(_part(name) + value.encode() + b"\r\n" for name, value in fields.items())
    end = f"--{BOUNDARY}--\r\n".encode()

    def body() -> Iterator[bytes]:
        yield texts
        for name, path in files.items():
            yield heads[name]
            yield from pieces(path)
            yield b"\r\n"
        yield end

    sizes = [len(heads[name]) + path.stat().st_size + 2 for name, path in files.items()]
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    return _request(port, address, body(), len(texts) + sum(sizes) + len(end), {**headers, **kind})


def get(port: int, address: str, headers: Mapping[str, str]) -> Reply:
    """GET an address."""
    return _request(port, address, None, 0, headers, method="GET")


def _part(disposition: str) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{disposition}"\r\n\r\n'
    return head.encode()


def _request(
    port: int,
    address: str,
    body: Iterator[bytes] | None,
    size: int,
    headers: Mapping[str, str],
    method: str = "POST",
) -> Reply:
    connection = http.client.HTTPConnection("localhost", port, timeout=SECONDS)
    length = {} if body is None else {"Content-Length": str(size)}
    with contextlib.closing(connection):
        connection.request(method, address, body, {**headers, **length})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
