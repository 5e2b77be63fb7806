"""Requests for /livez, all the time, each on a connection of its own."""

import contextlib
import http.client
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any


@contextlib.contextmanager
def load(port: int, threads: int = 6) -> Iterator[dict[str, Any]]:
    """Send requests all the time on new connections; gives the counts of what became of them."""
    ended, found = threading.Event(), {"answered": 0, "refused": 0, "broken": []}

    def ask():
        while not ended.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
            try:
                connection.request("GET", "/livez")
                assert connection.getresponse().status == 200
                found["answered"] += 1
            except ConnectionRefusedError:
                found["refused"] += 1
                time.sleep(0.01)
            except (OSError, http.client.HTTPException, AssertionError) as error:
                found["broken"].append(error)
            finally:
                connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(threads):
            pool.submit(ask)
        try:
            yield found
        finally:
            ended.set()
