"""The proxy between the installation and its far ends: connections that fail on demand."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from cody2zoho.prove.wire import Wire
from cody2zoho.prove.wires import Wires
from waiting import eventually


class Echo:
    """A server that says everything back, and remembers its connections."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.open: set[socket.socket] = set()
        self.heard = b""
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        self.open.add(connection)
        with connection, suppress(OSError):
            while said := connection.recv(1000):
                self.heard += said
                connection.sendall(said)
        self.open.discard(connection)


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def wires() -> Iterator[Wires]:
    with Wires() as wires:
        yield wires


@pytest.fixture
def wire(wires: Wires, echo: Echo) -> Wire:
    return wires.to(echo.port)


def connected(wire: Wire, seconds: float = 5) -> socket.socket:
    return socket.create_connection(("127.0.0.1", wire.port), timeout=seconds)


def said_back(client: socket.socket, words: bytes = b"hello") -> bytes:
    client.sendall(words)
    return client.recv(1000)


def is_broken(client: socket.socket) -> bool:
    try:
        return client.recv(1000) == b""
    except ConnectionError:
        return True


def test_it_passes_everything_on_in_both_directions(wire: Wire, echo: Echo) -> None:
    with connected(wire) as one, connected(wire) as other:
        assert said_back(one, b"one") == b"one"
        assert said_back(other, b"other") == b"other"
        assert len(echo.open) == 2
    eventually(lambda: not echo.open)


def test_what_is_cut_is_broken_at_both_ends_and_new_connections_are_welcome(
    wires: Wires, wire: Wire, echo: Echo
) -> None:
    with connected(wire) as client:
        said_back(client)
        wires.do(wire.cut)
        assert is_broken(client)
        eventually(lambda: not echo.open)
    with connected(wire) as client:
        assert said_back(client) == b"hello"


def test_a_delay_is_waited_for_in_either_direction(wires: Wires, wire: Wire) -> None:
    with connected(wire) as client:
        wires.do(lambda: wire.delay(0.1))
        began = time.monotonic()
        assert said_back(client) == b"hello"
        assert time.monotonic() - began >= 0.2
        wires.do(wire.heal)
        assert said_back(client) == b"hello"


def test_a_black_hole_tells_nobody_and_what_was_sent_arrives_when_it_is_healed(
    wires: Wires, wire: Wire, echo: Echo
) -> None:
    with connected(wire) as client, connected(wire, 0.3) as impatient:
        said_back(client)
        wires.do(wire.silence)
        with pytest.raises(TimeoutError):
            said_back(impatient)
        client.sendall(b" again")
        with connected(wire) as late:
            late.sendall(b"")
            assert echo.heard == b"hello"
        wires.do(wire.heal)
        assert client.recv(1000) == b" again"


def test_half_open_the_server_believes_in_a_client_that_is_gone(wires: Wires, wire: Wire, echo: Echo) -> None:
    with connected(wire) as client:
        said_back(client)
        wires.do(wire.half_open)
        assert is_broken(client)
        time.sleep(0.1)
        assert len(echo.open) == 1
        wires.do(wire.heal)
        eventually(lambda: not echo.open)


def test_a_server_that_is_away_is_a_broken_connection_and_no_more(wires: Wires, echo: Echo) -> None:
    wire = wires.to(echo.port)
    echo.close()
    with connected(wire) as client:
        assert is_broken(client)
    echo.listening = socket.create_server(("127.0.0.1", echo.port))
    threading.Thread(target=echo._accept, daemon=True).start()
    with connected(wire) as client:
        assert said_back(client) == b"hello"


def test_closed_it_listens_no_more(echo: Echo) -> None:
    with Wires() as wires:
        wire = wires.to(echo.port)
        client = connected(wire)
        said_back(client)
    with client:
        assert is_broken(client)
    with pytest.raises(ConnectionRefusedError):
        connected(wire)
