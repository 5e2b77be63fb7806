"""gunicorn's threaded worker, which gives a thread to a request only once it has arrived.

gunicorn gives each new connection a thread and reads the request there: as many clients that send
slowly as there are threads then keep everybody else out, the probes too.

When it stops, gunicorn's worker accepts nothing more but listens on until its last request has
ended: connections that arrive in between wait for up to 30 s, and then break. This one answers
those that have arrived, and listens no longer, so that a proxy asks the next server.
"""

import select
import socket
import struct
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.util import close as close_socket
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from backoffice.web_arrivals import Arrival
from jobs.held_threads import held_threads

ARRIVAL_SECONDS = 30.0  # for all of a request but a long body
STALL_SECONDS = 10  # of a long body: no byte for so long ends the request
RECEIVED_BYTES = 64 * 1024


class ArrivalWorker(ThreadWorker):
    """Gathers requests in the event loop, without a thread.

    Long bodies are read by at most half of the threads; the next one waits, unread.
    """

    alive: bool
    wsgi: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._arrivals: dict[Any, Arrival] = {}  # in the order of `until`
        self._long: set[TConn] = set()
        self._waiting: deque[Arrival] = deque()
        self._lingering: dict[TConn, float] = {}  # until when, in that order

    def load_wsgi(self) -> None:
        """Load the application, whose responses close their connections once the worker stops."""
        # gunicorn decides that when a request begins, too early for a long poll that a stop ends.
        super().load_wsgi()
        application = self.wsgi

        def closing(environ: Any, start_response: Any) -> Any:
            def start(*given: Any) -> Any:
                if not self.alive:
                    start_response.__self__.force_close()
                return start_response(*given)

            return application(environ, start)

        self.wsgi = closing

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or not; when stopping, accept those that have arrived, and no more."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            held_threads.stopping.set()
            self._stop_listening()

    def is_parent_alive(self) -> bool:
        """Return whether gunicorn's main process lives; stop as usual if it was killed."""
        self.alive = super().is_parent_alive() and self.alive
        return self.alive

    def enqueue_req(self, conn: TConn) -> None:
        """Take a connection that is new, or that sends its next request."""
        conn.close = partial(self._end_connection, conn)
        arrival = Arrival(conn, time.monotonic() + ARRIVAL_SECONDS)
        if conn.parser is not None:
            arrival.data += conn.parser.unreader.take_buffered()
        conn.sock.setblocking(False)
        self._arrivals[conn] = arrival
        self._receive(arrival, conn.sock)
        if conn in self._arrivals:  # most requests are there at once, and need no poll
            self.poller.register(conn.sock, EVENT_READ, partial(self._receive, arrival))
            arrival.is_polled = True

    def finish_request(self, conn: TConn, future: "Future[Any]") -> None:
        """Keep the connection or close it; a long body that waits gets its thread."""
        self._long.discard(conn)
        super().finish_request(conn, future)
        self._start_long()

    def murder_pending(self) -> None:
        """Close connections whose request did not arrive in time; when stopping, silent ones."""
        now = time.monotonic()
        for arrival in list(self._arrivals.values()):
            if not self.alive and not arrival.data:
                arrival.until = min(arrival.until, now + STOP_KEEPALIVE_LINGER)
            elif arrival.until > now and self.alive:
                break
            if arrival.until <= now:
                self._close(arrival)
        for conn, until in list(self._lingering.items()):
            if until <= now:
                self._end_lingering(conn)

    def _end_connection(self, conn: TConn, graceful: bool = False) -> None:
        """Close a connection; with `graceful`, once the client has closed it, or after 2 s.

        To close it earlier may cut off the end of the response. gunicorn waits for that in the
        event loop, which a client could hold up by doing nothing.
        """
        try:
            if graceful:
                conn.sock.shutdown(socket.SHUT_WR)
                conn.sock.setblocking(False)
                self.poller.register(conn.sock, EVENT_READ, partial(self._drain, conn))
                self._lingering[conn] = time.monotonic() + STOP_KEEPALIVE_LINGER
                self.nr_conns += 1
                return
        except OSError:
            pass
        close_socket(conn.sock)

    def _drain(self, conn: TConn, sock: socket.socket) -> None:
        try:
            is_closed = not sock.recv(RECEIVED_BYTES)
        except BlockingIOError:
            return
        except OSError:
            is_closed = True
        if is_closed:
            self._end_lingering(conn)

    def _end_lingering(self, conn: TConn) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        close_socket(conn.sock)

    def _stop_listening(self) -> None:
        for listener in self.sockets:
            poll = select.poll()
            poll.register(listener, select.POLLIN)
            for _ in range(self.cfg.backlog):
                if not poll.poll(0):
                    break
                self.accept(listener)
            listener.close()

    def _receive(self, arrival: Arrival, sock: socket.socket) -> None:
        try:
            data = sock.recv(RECEIVED_BYTES)
        except BlockingIOError:
            if not arrival.data:
                return
        except OSError:
            self._close(arrival)
            return
        else:
            if not data:  # the client has gone
                self._close(arrival)
                return
            arrival.data += data
        if arrival.is_long():
            self._end(arrival)
            self._waiting.append(arrival)
            self._start_long()
        elif arrival.is_complete():
            self._end(arrival)
            self._start(arrival)

    def _start_long(self) -> None:
        while self._waiting and len(self._long) < max(1, self.cfg.threads // 2):
            arrival = self._waiting.popleft()
            limit = struct.pack("ll", STALL_SECONDS, 0)
            arrival.conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._long.add(arrival.conn)
            self._start(arrival)

    def _start(self, arrival: Arrival) -> None:
        conn = arrival.conn
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(arrival.data))
        super().enqueue_req(conn)

    def _end(self, arrival: Arrival) -> None:
        if arrival.is_polled:
            self.poller.unregister(arrival.conn.sock)
        del self._arrivals[arrival.conn]

    def _close(self, arrival: Arrival) -> None:
        self._end(arrival)
        self.nr_conns -= 1
        arrival.conn.close()
