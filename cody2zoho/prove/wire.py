"""TCP connections that fail on demand: a proxy before a server, and the thread all of them run in."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from cody2zoho.ports import LOOPBACK

Answer = TypeVar("Answer")

_CHUNK_BYTES = 65_536
_BACKLOG = 512


class _Link:
    """One connection through the wire: a client, the server behind, and a task for each direction."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.near = near
        self.far = far
        self.pumps: list[asyncio.Task[None]] = []

    def stop(self) -> None:
        for pump in self.pumps:
            pump.cancel()

    def abort(self) -> None:
        """Both ends see a broken connection, not an orderly end."""
        self.stop()
        _abort(self.near)
        _abort(self.far)


class Wire:
    """Passes everything on between its own port and the server's, unless told to misbehave.

    Its methods belong to the thread of its `Wires`, who also makes it; `Wires.do` calls them there.
    """

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.delay_seconds = 0.0
        self._target_port = target_port
        self._passing = asyncio.Event()
        self._passing.set()
        self._links: set[_Link] = set()
        self._orphans: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0, backlog=_BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server:
            self._server.close()
        self.heal()
        self.cut()
        # What was aborted says so in the next turns of the loop.
        await asyncio.sleep(0.01)

    # -- misbehaving --------------------------------------------------------------------------

    def cut(self) -> None:
        """Every connection breaks; new ones are welcome."""
        for link in self._links:
            link.abort()

    def delay(self, seconds: float) -> None:
        """Every piece takes so much longer, in either direction."""
        self.delay_seconds = seconds

    def silence(self) -> None:
        """Nothing gets through, and nobody is told. What was sent meanwhile arrives when it is healed, as TCP does."""
        self._passing.clear()

    def half_open(self) -> None:
        """The clients lose their connections; the server believes them alive and goes on answering nobody."""
        for link in self._links:
            link.stop()
            _abort(link.near)
            self._orphans.append(link.far)

    def heal(self) -> None:
        self.delay_seconds = 0.0
        self._passing.set()
        while self._orphans:
            _abort(self._orphans.pop())

    # -- passing on ---------------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection(LOOPBACK, self._target_port)
        except OSError:
            _abort(writer)
            return
        link = _Link(writer, far_writer)
        link.pumps = [
            asyncio.ensure_future(self._pump(reader, far_writer)),
            asyncio.ensure_future(self._pump(far_reader, writer)),
        ]
        self._links.add(link)
        await asyncio.wait(link.pumps, return_when=asyncio.FIRST_COMPLETED)
        self._links.discard(link)
        link.stop()
        if far_writer not in self._orphans:
            far_writer.close()
        writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction, until either end closes."""
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK_BYTES):
                if self.delay_seconds:
                    await asyncio.sleep(self.delay_seconds)
                await self._passing.wait()
                writer.write(chunk)
                await writer.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


class Wires:
    """All wires, in one thread; as a context it closes them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)
        self._wires: list[Wire] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for wire in self._wires:
            self._wait(wire.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def to(self, port: int) -> Wire:
        """A new wire to a server on this machine."""
        wire = Wire(port)
        self._wires.append(wire)
        self._wait(wire.open())
        return wire

    def do(self, work: Callable[[], object]) -> None:
        """Call it in the wires' thread, and wait."""

        async def there() -> None:
            work()

        self._wait(there())

    def _wait(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
