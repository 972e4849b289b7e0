"""The simulators over real HTTP: one process, one port, HTTP/1.1 with keep-alive, loopback unless told otherwise.

The server owns latency, faults, the journal and the control endpoints (`control.py`); the simulators answer on
its one thread, so that their stores need no locks.
"""

import asyncio
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self, TypeVar

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest

from .control import Control
from .delivery import cut, deliver, received, when_gone
from .faults import Fault, Faults, answer_of, damaged
from .journal import Entry, Journal
from .wire import Reply, Request, Simulator

log = logging.getLogger(__name__)
Answer = TypeVar("Answer")
#: Connections that may wait to be accepted; a crowd of workers starts at the same moment.
BACKLOG = 2048
LARGEST_BODY_BYTES = 200 * 1024 * 1024


class SimulatorServer:
    """Runs in the foreground with `serve()`, or in a thread: `with SimulatorServer([cody, zoho]) as server: …`."""

    def __init__(
        self,
        simulators: Sequence[Simulator],
        port: int = 0,
        host: str = "127.0.0.1",
        latency_seconds: float = 0.0,
        faults: Iterable[Fault] = (),
    ) -> None:
        self.simulators = list(simulators)
        self.host = host
        self.port = port
        self.latency_seconds = latency_seconds
        self.faults = Faults(faults)
        self.journal = Journal()
        self._control = Control(self)
        self._answering: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address of everything; known once the server listens."""
        return f"http://{self.host}:{self.port}"

    # -- running ------------------------------------------------------------------------------

    def serve(self, listening: Callable[[], object] = lambda: None) -> None:
        """Serves in the foreground until SIGINT or SIGTERM; calls `listening` when the port is open.

        Raises OSError when the port cannot be had.
        """
        asyncio.run(self._serve_until_signal(self._bind(), listening))

    def __enter__(self) -> Self:
        bound = self._bind()
        ready = threading.Event()
        life = self._serve_until_stopped(bound, ready.set)
        self._thread = threading.Thread(target=asyncio.run, args=(life,), name="simulators")
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def run(self, work: Callable[[], Answer]) -> Answer:
        """The result of `work`, done on the server's thread, between two requests."""

        async def on_the_loop() -> Answer:
            return work()

        assert self._loop is not None, "the server does not run"
        return asyncio.run_coroutine_threadsafe(on_the_loop(), self._loop).result()

    def _bind(self) -> socket.socket:
        bound = socket.create_server((self.host, self.port), backlog=BACKLOG)
        bound.setblocking(False)
        self.port = bound.getsockname()[1]
        return bound

    async def _serve_until_signal(self, bound: socket.socket, listening: Callable[[], object]) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        await self._serve_until_stopped(bound, listening)

    async def _serve_until_stopped(self, bound: socket.socket, listening: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        server = HTTPServer(self._accept, max_body_size=LARGEST_BODY_BYTES, max_buffer_size=LARGEST_BODY_BYTES)
        server.add_socket(bound)
        listening()
        await self._stop.wait()
        server.stop()
        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        await server.close_all_connections()

    # -- answering ----------------------------------------------------------------------------

    def _accept(self, incoming: HTTPServerRequest) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(incoming))
        # The loop itself holds its tasks weakly.
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, incoming: HTTPServerRequest) -> None:
        request = received(incoming)
        if self._control.handles(request.path):
            await deliver(incoming, self._control.handle(request))
            return
        simulator = next((one for one in self.simulators if one.handles(request.path)), None)
        if simulator is None:
            await deliver(incoming, Reply.json(404, {"message": f"No simulator answers {request.path}."}))
            return
        await self._answer_for(simulator, incoming, request)

    async def _answer_for(self, simulator: Simulator, incoming: HTTPServerRequest, request: Request) -> None:
        """One request of a simulator, from arrival to the last byte, and its line in the journal."""
        now = asyncio.get_running_loop().time
        began, went = now(), list[float]()
        when_gone(incoming, lambda: went.append(now()))
        request = replace(request, in_flight=self.journal.arrived(simulator.name))
        struck = self.faults.striking(simulator.name, request)
        try:
            reply = await self._worked(simulator, request, struck, began)
        finally:
            # Like the journal before the answer leaves: a client that has it may ask on at once.
            self.journal.left(simulator.name)
        seconds = min([now(), *went]) - began
        entry = Entry(simulator.name, request.method, incoming.uri or "", reply.status, seconds, began)
        self.journal.write(entry)
        if not await self._handed_over(incoming, reply, struck):
            self.journal.lost(entry)

    async def _worked(self, simulator: Simulator, request: Request, struck: list[Fault], began: float) -> Reply:
        """The reply after latency and faults; half of the latency lies before the work, half after it."""
        await _wait_until(began + self.latency_seconds / 2)
        await _slow_down(struck, "before")
        prevented = next((fault for fault in struck if fault.prevents), None)
        reply = Reply(0) if prevented else self._work(simulator, request)
        await _slow_down(struck, "after")
        for fault in struck:
            reply = damaged(fault, answer_of(fault, simulator.name) or reply)
        await _wait_until(began + self.latency_seconds)
        return reply

    def _work(self, simulator: Simulator, request: Request) -> Reply:
        try:
            return simulator.handle(request)
        except Exception as error:
            log.exception("simulator_failed")
            return Reply.json(500, {"message": f"The {simulator.name} simulator failed: {error!r}"})
        finally:
            self.faults.worked(simulator.name, request)

    async def _handed_over(self, incoming: HTTPServerRequest, reply: Reply, struck: list[Fault]) -> bool:
        """Whether the client got the whole answer."""
        if any(fault.action == "cut" for fault in struck):
            cut(incoming)
            return False
        drip_seconds = sum(fault.seconds for fault in struck if fault.action == "drip")
        return await deliver(incoming, reply, drip_seconds)


async def _wait_until(moment: float) -> None:
    """By the clock of the loop, so that late wake-ups do not add up."""
    left = moment - asyncio.get_running_loop().time()
    if left > 0:
        await asyncio.sleep(left)


async def _slow_down(struck: list[Fault], when: str) -> None:
    for fault in struck:
        if fault.action == "slow" and fault.when == when:
            await asyncio.sleep(fault.seconds)
