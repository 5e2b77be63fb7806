"""A server that gives every client the same answer, or none."""

import contextlib
import socket
import threading


@contextlib.contextmanager
def server(answer: bytes | None):
    """A server that answers every request with these bytes; None: it never answers."""
    listener = socket.create_server(("127.0.0.1", 0))
    clients = []

    def serve(client):
        with contextlib.suppress(OSError):
            client.recv(65536)
            client.sendall(answer)
            client.close()

    def accept():
        with contextlib.suppress(OSError):
            while True:
                clients.append(listener.accept()[0])
                if answer is not None:
                    threading.Thread(target=serve, args=clients[-1:], daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        for client in clients:
            client.close()


def refusal(status: str, code: str) -> bytes:
    """An answer of S3 that refuses."""
    body = f"<Error><Code>{code}</Code><Message>sorry</Message></Error>".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\nConnection: close\r\n\r\n" + body
