"""A webhook on this machine, which keeps what it gets."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


class Webhook(ThreadingHTTPServer):
    """Answers with `status`, as soon as it may."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.got: list[dict[str, Any]] = []
        self.raw: list[str] = []
        self.paths: list[str] = []
        self.status = 200
        self.may_answer = Event()
        self.may_answer.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class _Call(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.server.status < 300:
            self.server.raw.append(body)
            self.server.paths.append(self.path)
            if body.startswith("{"):
                self.server.got.append(json.loads(body))
        self.server.may_answer.wait(30)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@contextmanager
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def hanging() -> Iterator[tuple[str, Event]]:
    """A webhook that takes a request and says nothing, until it is over."""
    is_over = Event()

    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            is_over.wait(30)

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", is_over
        server.shutdown()
