"""A proxy to PostgreSQL that loses an answer: the server has run the statement all the same."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from django.db import connections

READY = b"Z\x00\x00\x00\x05"  # the end of each answer, without the byte of the transaction status


class FaultyProxy:
    """A proxy that passes on everything except chosen answers."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.lost = 0
        self._words = b""
        self._losses = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_answer_to(self, words: str, times: int = 1) -> None:
        """Lose the answers to the next statements that contain `words`, once they are complete."""
        self._words, self._losses = words.encode(), times

    def accept_no_more(self) -> None:
        """Refuse connections from now on."""
        _cut(self.listener)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.server)
                losing = threading.Event()
                for pass_on in (self._questions, self._answers):
                    threading.Thread(
                        target=pass_on, args=(client, server, losing), daemon=True
                    ).start()

    def _questions(
        self, client: socket.socket, server: socket.socket, losing: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 20):
                if self._losses and self._words in data:
                    self._losses -= 1
                    losing.set()
                server.sendall(data)
        _cut(client, server)

    def _answers(
        self, client: socket.socket, server: socket.socket, losing: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 20):
                if not losing.is_set():
                    client.sendall(data)
                elif data[-6:-1] == READY:
                    self.lost += 1
                    break
        _cut(client, server)


def _cut(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextlib.contextmanager
def faulty_proxy(alias: str) -> Iterator[FaultyProxy]:
    """Lead this thread's connection `alias` through the proxy inside the block."""
    connection = connections[alias]
    before = connection.settings_dict
    proxy = FaultyProxy((before["HOST"], int(before["PORT"])))
    connection.close()
    connection.settings_dict = before | {"HOST": proxy.address[0], "PORT": proxy.address[1]}
    try:
        yield proxy
    finally:
        connection.close()
        connection.settings_dict = before
        _cut(proxy.listener)
