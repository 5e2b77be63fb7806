"""A proxy to PostgreSQL that loses an answer: the server has run the statement all the same.

It breaks the connection, as a network does, or keeps it and answers itself, as some poolers do.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

from django.db import connections

READY = b"Z\x00\x00\x00\x05"  # the end of each answer, without the byte of the transaction status


def pooler_error(state: str) -> bytes:
    """Return the answer of a pooler that has lost its server and keeps the client's connection."""
    fields = b"".join(
        key + value + b"\0"
        for key, value in ((b"S", b"ERROR"), (b"C", state.encode()), (b"M", b"server lost"))
    )
    return b"E" + (len(fields) + 5).to_bytes(4, "big") + fields + b"\0" + READY + b"I"


class FaultyProxy:
    """A proxy that passes on everything except chosen answers."""

    def __init__(self, server: tuple[str, int]) -> None:
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.lost = 0
        self._words = b""
        self._losses = 0
        self._answer = b""
        self._instead: Callable[[], object] | None = None
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_answer_to(self, words: str, times: int = 1) -> None:
        """Lose the answers to the next statements that contain `words`, once they are complete."""
        self._words, self._losses = words.encode(), times

    def replace_answer_to(self, words: str, answer: bytes) -> None:
        """Send `answer` in place of that to the next statement that contains `words`."""
        self.lose_answer_to(words)
        self._answer = answer

    def break_at(self, words: str, instead: Callable[[], object]) -> None:
        """Call `instead` and break the connection, in place of the next statement with `words`."""
        self.lose_answer_to(words)
        self._instead = instead

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
                    if self._instead:
                        self._instead()
                        break
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
                    if not self._answer:
                        break
                    losing.clear()
                    client.sendall(self._answer)
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
