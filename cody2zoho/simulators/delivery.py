"""Between tornado's connections and our plain requests and replies."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qsl

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import StreamClosedError

from .wire import Reply, Request

DRIP_PIECES = 10


def received(incoming: HTTPServerRequest) -> Request:
    return Request(
        method=incoming.method or "",
        path=incoming.path,
        query=dict(parse_qsl(incoming.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in incoming.headers.items()},
        body=incoming.body,
    )


async def deliver(incoming: HTTPServerRequest, reply: Reply, drip_seconds: float = 0.0) -> bool:
    """Sends the reply, in pieces over `drip_seconds` if there are any; false when the client has gone."""
    connection = incoming.connection
    assert connection is not None
    headers = HTTPHeaders({**reply.headers, "Content-Length": str(len(reply.body))})
    body = b"" if incoming.method == "HEAD" else reply.body
    line = ResponseStartLine("HTTP/1.1", reply.status, _reason(reply.status))
    try:
        if drip_seconds:
            await connection.write_headers(line, headers)
            await _drip(incoming, body, drip_seconds)
        else:
            # Headers and body in one write: half the system calls.
            await connection.write_headers(line, headers, body)
        connection.finish()
    except StreamClosedError:
        return False
    return True


async def _drip(incoming: HTTPServerRequest, body: bytes, seconds: float) -> None:
    connection = incoming.connection
    assert connection is not None
    size = max(1, -(-len(body) // DRIP_PIECES))
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / DRIP_PIECES)
        await connection.write(body[start : start + size])


def cut(incoming: HTTPServerRequest) -> None:
    """Ends the connection without a byte of an answer."""
    connection = incoming.connection
    assert isinstance(connection, HTTP1Connection)
    connection.close()


def when_gone(incoming: HTTPServerRequest, happening: Callable[[], None]) -> None:
    """Calls `happening` if the client goes before it has its answer."""
    connection = incoming.connection
    assert isinstance(connection, HTTP1Connection)
    connection.set_close_callback(happening)


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
