"""The other end of the consent page: a server on loopback that waits for one redirect and no other.

    browser ──▶ /callback?code=…&state=… ──▶ is the state ours? ──▶ a page for the person, the query for us

A request without our state changes nothing, so that no other page in the browser can end or enter a sign-in. Each
connection has a thread: browsers open some that say nothing.
"""

import errno
import select
import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self, TextIO
from urllib.parse import urlsplit

from cody2zoho.errors import ConfigurationError
from cody2zoho.signin import redirect
from cody2zoho.signin.pages import AGREED, HEADERS, NOT_AGREED, NOT_OURS, OVER, page

PATH = "/callback"

#: A connection that says nothing for so long is given up.
_QUIET_SECONDS = 10


def redirect_uri(port: int) -> str:
    """What has to stand in Zoho's console, character for character."""
    return f"http://localhost:{port}{PATH}"


@dataclass
class Callback:
    """Listens while it is a context. Raises ConfigurationError where the port cannot be had."""

    port: int
    state: str = field(repr=False)
    _query: str = field(default="", repr=False)
    _taken: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __enter__(self) -> Self:
        with ExitStack() as so_far:
            self._bell, self._rings = (so_far.enter_context(end) for end in socket.socketpair())
            # A browser may mean either by localhost, and nobody else is to listen at the one we leave.
            for kind in (_Server, _Server6):
                if server := self._listening(kind):
                    so_far.callback(server.server_close)
                    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
                    so_far.callback(server.shutdown)
            self._ends = so_far.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def wait(self, seconds: float, pasted: TextIO | None = None) -> str:
        """The redirect's query, or that of the address a person pastes; empty where neither comes in time."""
        ends_at = time.monotonic() + seconds
        heard: list[socket.socket | TextIO] = [self._bell, *([pasted] if pasted else [])]
        while (left := ends_at - time.monotonic()) > 0:
            ready, _, _ = select.select(heard, [], [], left)
            if self._bell in ready:
                return self._query
            if pasted and pasted in ready:
                line = pasted.readline()
                if query := redirect.query_of(line):
                    return query
                if not line:
                    heard.remove(pasted)
        return ""

    def take(self, query: str) -> bytes:
        """The page for whoever asks with this query; the first with our state is what was waited for."""
        if not redirect.belongs(query, self.state):
            return page(NOT_OURS)
        if not self._taken.acquire(blocking=False):
            return page(OVER)
        self._query = query
        return page(NOT_AGREED if "error=" in query else AGREED)

    def ring(self) -> None:
        """The page is on its way: whoever waits may go on, and end the process."""
        if self._query:
            self._rings.send(b"!")

    def _listening(self, kind: type["_Server"]) -> "_Server | None":
        try:
            return kind((kind.loopback, self.port), self)
        except OSError as error:
            if kind is _Server6 and error.errno != errno.EADDRINUSE:
                # A machine without IPv6.
                return None
            remedy = "end what listens there, or take another with --port"
            raise ConfigurationError([f"Port {self.port} cannot be had ({error.strerror}): {remedy}."]) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: Nobody else is to listen beside us.
    allow_reuse_port = False
    loopback: ClassVar[str] = "127.0.0.1"

    def __init__(self, address: tuple[str, int], callback: Callback) -> None:
        self.callback = callback
        super().__init__(address, _Handler)

    def handle_error(self, *_: object) -> None:
        """A browser that went away is nobody's trouble, and a traceback would show the code."""


class _Server6(_Server):
    address_family = socket.AF_INET6
    loopback = "::1"


class _Handler(BaseHTTPRequestHandler):
    timeout = _QUIET_SECONDS
    server: _Server

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        body = self.server.callback.take(asked.query) if asked.path == PATH else b""
        try:
            self._answer(body)
        finally:
            # Also where the browser is gone: the code has come.
            self.server.callback.ring()

    def _answer(self, body: bytes) -> None:
        self.send_response(200 if body else 404)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "cody2zoho"

    def log_message(self, *_: object) -> None:
        """The address has the code in it."""
