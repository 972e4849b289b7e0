"""What the server hands to a simulator, and what a simulator hands back.

A simulator is a plain object with `handle(request) -> Reply`: no sockets, no threads, no real clock.
The server around it owns HTTP, latency, faults and the journal.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

#: Seconds since 1970; injected, so that a test can move time.
Clock = Callable[[], float]


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names are lower case, a query value is the last one given."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: Requests of the same simulator that are being answered right now, this one included.
    in_flight: int = 1


@dataclass(frozen=True)
class Reply:
    """One HTTP response."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(
        cls, status: int, content: Any, headers: Mapping[str, str] | None = None, *, pretty: bool = False
    ) -> "Reply":
        text = (
            json.dumps(content, ensure_ascii=False, indent=4) if pretty else json.dumps(content, separators=(",", ":"))
        )
        return cls(status, text.encode(), {"Content-Type": "application/json", **(headers or {})})

    @classmethod
    def html(cls, status: int, title: str) -> "Reply":
        return cls(
            status,
            f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode(),
            {"Content-Type": "text/html; charset=UTF-8"},
        )


class Simulator(Protocol):
    """A far end: `handles` says whether a path is its own, `handle` answers."""

    name: str

    def handles(self, path: str) -> bool: ...

    def handle(self, request: Request) -> Reply: ...
