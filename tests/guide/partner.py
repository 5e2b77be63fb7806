"""A slow HTTP API of somebody else: prices of products, and totals that it is sent."""

import json
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Partner(ThreadingHTTPServer):
    """A server on a free port; `faults` are the statuses with which it answers a path first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.prices: dict[str, str] = {}
        self.faults: dict[str, list[int]] = defaultdict(list)
        self.slow_seconds = 0.0
        self.asked: list[str] = []
        self.totals: dict[str, dict[str, str]] = {}
        self.tokens: set[str] = set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Partner

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        time.sleep(self.server.slow_seconds)
        price = self.server.prices.get(self.path.removeprefix("/prices/"))
        if faults := self.server.faults[self.path]:
            self._answer(faults.pop(0), {})
        else:
            self._answer(404 if price is None else 200, {"price": price})

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.tokens.add(self.headers["Authorization"])
        if faults := self.server.faults[self.path]:
            # As some APIs do, it repeats what it did not like.
            self._answer(faults.pop(0), {"refused": self.headers["Authorization"]})
            return
        self.server.totals[self.path] = json.loads(body)
        self._answer(200, {})

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status, json.dumps(body) if status >= 400 else None)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        """Nothing."""
