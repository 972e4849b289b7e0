"""The far end of Application Insights: takes what is sent, as its ingestion and live endpoints do."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "00000000-0000-0000-0000-00000000c0d2"


class Ingestion:
    """All that arrived."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self.bodies: list[str] = []
        self.paths: list[str] = []
        self.url = ""
        self.status = 200

    @property
    def connection_string(self) -> str:
        return f"InstrumentationKey={KEY};IngestionEndpoint={self.url}/;LiveEndpoint={self.url}/"

    def take(self, path: str, body: str) -> Any:
        self.paths.append(path)
        self.bodies.append(body)
        if not path.startswith("/v2.1/track"):
            return {}
        items = json.loads(body)
        self.items.extend(items)
        return {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The data of all items of a kind: EventData, MetricData, RemoteDependencyData, ExceptionData."""
        return [one["data"]["baseData"] for one in list(self.items) if one["data"]["baseType"] == kind]

    def events(self) -> dict[str, set[str]]:
        """Every custom event, and the properties it came with."""
        found: dict[str, set[str]] = {}
        for event in self.of("EventData"):
            found.setdefault(event["name"], set()).update(event["properties"])
        return found

    def metrics(self) -> dict[str, set[str]]:
        """The same of metrics."""
        found: dict[str, set[str]] = {}
        for data in self.of("MetricData"):
            for metric in data["metrics"]:
                found.setdefault(metric["name"], set()).update(data.get("properties") or {})
        return found


@contextmanager
def ingestion() -> Iterator[Ingestion]:
    far_end = Ingestion()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self._answer(far_end.take(self.path, body.decode()))

        def do_GET(self) -> None:
            self._answer({})

        def _answer(self, told: Any) -> None:
            text = json.dumps(told).encode()
            self.send_response(far_end.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    far_end.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield far_end
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
