"""The operations API over real HTTP, on a port of its own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

import pytest
import uvicorn

from cody2zoho.ops.app import create
from cody2zoho.ops.serving import HOW
from cody2zoho.services import Services
from cody2zoho.watching.signs import Signs
from waiting import eventually


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Browser:
    """Asks as it is told to, and follows nothing."""

    port: int

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, body: str = "") -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body or None, headers or {})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, _spelt(headers))

    def post(self, path: str, body: str = "", **headers: str) -> Answer:
        return self.ask("POST", path, _spelt(headers), body)


def _spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def _served(services: Services, **how: Any) -> Iterator[Browser]:
    server = uvicorn.Server(uvicorn.Config(create(services), host="127.0.0.1", port=0, **(HOW | how)))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield Browser(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def served() -> Callable[..., AbstractContextManager[Browser]]:
    """The same, for as long as a test wants it."""
    return _served


@pytest.fixture
def serve(plugged) -> Iterator[Callable[..., Browser]]:
    """Serves what one process of the product knows, with chosen settings."""
    opened = []

    def serve(**chosen: Any) -> Browser:
        context = _served(plugged(**chosen))
        opened.append(context)
        return context.__enter__()

    yield serve
    for context in opened:
        context.__exit__(None, None, None)


@pytest.fixture
def lively(plugged) -> Callable[[], None]:
    """A worker and a beat that are well, and APIs that answer."""

    def lively() -> None:
        services = plugged()
        prefix = services.settings.redis_key_prefix
        for name in ("worker@one", ""):
            signs = Signs(services.store, prefix, name)
            signs.well()
            signs.send()
        now = int(services.store.time()[0])
        services.store.hset(f"{prefix}signs", mapping=dict.fromkeys(("cody", "zoho", "poll"), now))
        services.store.set(f"{prefix}token:zoho", "{}", px=3_600_000)

    return lively
