"""Graylog: GELF 1.1 over UDP, TCP or HTTP, the latter two with TLS where wanted.

pygelf makes the messages. Its own handlers swallow that a connection broke, and the line with it, or raise into the
work; none reads what the server answers.
"""

import logging
import socket
import ssl
import zlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException, HTTPSConnection

import certifi

from cody2zoho.logs.behind import Sink
from cody2zoho.logs.shapes import Line
from cody2zoho.settings import Settings

_TIMEOUT_SECONDS = 5

#: Graylog's HTTP input takes 65,536 by default, and a datagram in 128 pieces, which GELF allows, holds more.
_MOST_BYTES = 60_000

#: Of one text, in characters; the less where all together would be too much.
_LONGEST = (30_000, 3_000, 300)

#: What fits into one packet of any network.
_PIECE_BYTES = 1_300


class Graylog(Sink):
    """One line after the other; raises OSError where one is not taken."""

    def __init__(self, settings: Settings) -> None:
        wires: dict[str, Callable[[Settings], _Wire]] = {"udp": _Udp, "tcp": _Tcp, "http": _Http}
        self._wire = wires[settings.graylog_protocol](settings)
        self._environment = settings.environment

    def send(self, waiting: deque[Line]) -> None:
        while waiting:
            self._wire.post(_packed(waiting[0], self._environment))
            waiting.popleft()

    def close(self) -> None:
        self._wire.close()

    def forked(self) -> None:
        # Two processes on one connection write into each other's lines.
        self._wire.close()


class _Wire(ABC):
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def post(self, message: bytes) -> None: ...

    def close(self) -> None:  # noqa: B027
        """Nothing is open."""


class _Udp(_Wire):
    def post(self, message: bytes) -> None:
        from pygelf import gelf  # noqa: PLC0415 - of an extra

        message = zlib.compress(message)
        pieces = [message] if len(message) <= _PIECE_BYTES else gelf.split(message, _PIECE_BYTES)
        family, kind, _, _, address = socket.getaddrinfo(*_address(self.settings), type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as out:
            for piece in pieces:
                out.sendto(piece, address)


class _Tcp(_Wire):
    held: socket.socket | None = None

    def post(self, message: bytes) -> None:
        if self.held and _has_ended(self.held):
            self.close()
        self.held = self.held or _connected(self.settings)
        try:
            self.held.sendall(message + b"\0")
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        if self.held:
            self.held.close()
            self.held = None


class _Http(_Wire):
    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._connection = (
            HTTPSConnection(*_address(settings), timeout=_TIMEOUT_SECONDS, context=_trust(settings))
            if settings.graylog_tls
            else HTTPConnection(*_address(settings), timeout=_TIMEOUT_SECONDS)
        )

    def post(self, message: bytes) -> None:
        if self._connection.sock and _has_ended(self._connection.sock):
            self.close()
        try:
            self._connection.request("POST", "/gelf", message, {"Content-Type": "application/json"})
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, HTTPException) as error:
            self.close()
            raise ConnectionError(0, f"the input gives no answer: {type(error).__name__}") from error
        if answer.status in (400, 413):
            raise ValueError("this line it will never take")
        if not 200 <= answer.status < 300:
            raise ConnectionError(0, f"the input answers {answer.status}")

    def close(self) -> None:
        self._connection.close()


def _has_ended(held: socket.socket) -> bool:
    """Graylog says nothing, but TLS does: a server may send its tickets at any time."""
    held.setblocking(False)
    try:
        return not held.recv(1_024)
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        held.settimeout(_TIMEOUT_SECONDS)


def _connected(settings: Settings) -> socket.socket:
    plain = socket.create_connection(_address(settings), _TIMEOUT_SECONDS)
    if not settings.graylog_tls:
        return plain
    try:
        return _trust(settings).wrap_socket(plain, server_hostname=settings.graylog_host)
    except OSError:
        plain.close()
        raise


def _address(settings: Settings) -> tuple[str, int]:
    return settings.graylog_host, settings.graylog_port


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.graylog_ca_file or certifi.where())


def _record(line: Line, longest: int) -> logging.LogRecord:
    """Of which pygelf makes a message: what it does not know becomes a field."""
    record = logging.LogRecord(str(line["name"]), logging.INFO, "", 0, str(line["message"])[:longest], None, None)
    record.created, record.levelno = line["time"], logging.getLevelNamesMapping().get(line["level"], logging.INFO)
    record.exc_text = line.get("exc_info", "")[-longest:] or None
    for name in ("stack_info", "taskName", "processName"):
        record.__dict__.pop(name, None)
    fields = {name: value for name, value in line.items() if name not in ("time", "message", "name", "exc_info")}
    for name, value in {"logger": line["name"], **fields}.items():
        # GELF knows texts and numbers.
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        record.__dict__.setdefault(name, value if is_number else str(value)[:longest])
    return record


def _packed(line: Line, environment: str) -> bytes:
    from pygelf import gelf  # noqa: PLC0415 - of an extra

    more, packed = {"_application": "cody2zoho", "_environment": environment}, b""
    for longest in _LONGEST:
        record = _record(line, longest)
        told = gelf.make(record, socket.gethostname(), False, "1.1", more, None, include_extra_fields=True)
        packed = gelf.pack(told, False, str)
        if len(packed) <= _MOST_BYTES:
            break
    return packed
