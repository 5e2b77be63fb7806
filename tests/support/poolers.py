"""A proxy to PostgreSQL that treats startup parameters as connection poolers do."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

PROTOCOL = 3 << 16
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
KNOWN = {"user", "database", "client_encoding", "application_name"}


class Pooler:
    """Passes connections on; drops unknown startup parameters, or refuses as PgBouncer does."""

    def __init__(self, server: tuple[str, int], *, refuses: bool) -> None:
        self.server = server
        self.refuses = refuses
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            asked = _startup(client)
            unknown = sorted(asked.keys() - KNOWN)
            if unknown and self.refuses:
                client.sendall(_error(f"unsupported startup parameter: {unknown[0]}"))
                client.close()
                return
            server = socket.create_connection(self.server)
            server.sendall(_message({name: asked[name] for name in asked.keys() & KNOWN}))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()


def _startup(client: socket.socket) -> dict[str, str]:
    while True:
        length, protocol = struct.unpack("!II", _read(client, 8))
        body = _read(client, length - 8)
        if protocol in (SSL_REQUEST, GSS_REQUEST):
            client.sendall(b"N")
            continue
        texts = body.decode().removesuffix("\0\0").split("\0")
        return dict(zip(texts[::2], texts[1::2], strict=True))


def _read(client: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        if not (more := client.recv(count - len(data))):
            raise OSError("closed")
        data += more
    return data


def _message(asked: dict[str, str]) -> bytes:
    body = b"".join(f"{name}\0{value}\0".encode() for name, value in asked.items()) + b"\0"
    return struct.pack("!II", len(body) + 8, PROTOCOL) + body


def _error(text: str) -> bytes:
    body = f"SFATAL\0C08P01\0M{text}\0\0".encode()
    return b"E" + struct.pack("!I", len(body) + 4) + body


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextlib.contextmanager
def pooler(server: tuple[str, int], *, refuses: bool) -> Iterator[int]:
    """Run a pooler in front of `server` inside the block; gives its port."""
    door = Pooler(server, refuses=refuses)
    try:
        yield door.port
    finally:
        door.listener.close()
