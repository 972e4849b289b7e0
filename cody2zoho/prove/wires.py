"""All wires of a run, and the thread they live in."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from cody2zoho.prove.wire import Wire

Answer = TypeVar("Answer")


class Wires:
    """Made, told to misbehave, and closed from another thread; as a context it closes them all."""

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
