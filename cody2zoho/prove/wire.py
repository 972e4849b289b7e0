"""TCP connections that fail on demand: a proxy before a server."""

import asyncio
from contextlib import suppress

from cody2zoho.processes.ports import LOOPBACK

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
