"""Servers that take traces, by OTLP over HTTP, and reports, by Sentry's protocol."""

import contextlib
import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


@dataclass
class Receiver:
    """What was sent to one server: for each request its path, headers and plain body."""

    port: int
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where programs send to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def dsn(self) -> str:
        """The same as an address of a project in Sentry."""
        return f"http://public@127.0.0.1:{self.port}/42"

    def everything(self) -> bytes:
        """All bytes that arrived, headers too."""
        heads = [f"{path} {headers}".encode() for path, headers, _ in self.requests]
        return b"\n".join([*heads, *(body for _, _, body in self.requests)])

    def spans(self, name: str = "") -> list[dict[str, Any]]:
        """The spans that arrived, or those of a name, with plain attributes."""
        found = []
        for path, _, body in list(self.requests):
            assert path == "/v1/traces"
            request = ExportTraceServiceRequest.FromString(body)
            for group in request.resource_spans:
                about = _plain(group.resource.attributes)
                for scope in group.scope_spans:
                    found += [_span(one) | {"resource": about} for one in scope.spans]
        return [one for one in found if not name or one["name"] == name]

    def events(self) -> list[dict[str, Any]]:
        """The events that arrived."""
        found = []
        for path, _, body in list(self.requests):
            assert path == "/api/42/envelope/"
            lines = body.split(b"\n")[1:]
            while len(lines) > 1:
                head, payload, *lines = lines
                if json.loads(head)["type"] == "event":
                    found.append(json.loads(payload))
        return found


def _span(span: Any) -> dict[str, Any]:
    return {
        "name": span.name,
        "kind": Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "status": Status.StatusCode.Name(span.status.code).removeprefix("STATUS_CODE_"),
        "attributes": _plain(span.attributes),
        "links": [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
        "events": [(one.name, _plain(one.attributes)) for one in span.events],
    }


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: next(iter(MessageToDict(one.value).values()), "") for one in attributes}


@contextlib.contextmanager
def receiving(status: int = 200) -> Iterator[Receiver]:
    """A server that takes everything, and answers with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Encoding"] == "gzip":
                body = gzip.decompress(body)
            receiver.requests.append((self.path, dict(self.headers), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        receiver = Receiver(server.server_address[1])
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield receiver
        finally:
            server.shutdown()
