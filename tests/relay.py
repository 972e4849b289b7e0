"""A way to Redis on which answers get lost."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

Connect = Callable[[], socket.socket]


class Relay(ThreadingTCPServer):
    """Loses the answer to a request that holds `words`, and the connection with it, until it `lost` so many."""

    daemon_threads = True

    def __init__(self, connect: Connect, words: bytes, most: float) -> None:
        super().__init__(("127.0.0.1", 0), _Way)
        self.connect, self.words, self.most = connect, words, most
        self.lost = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Way(BaseRequestHandler):
    """One connection; both directions at once, as a client may wait for what nobody has said yet."""

    server: Relay

    def handle(self) -> None:
        self._is_cut = False
        with self.server.connect() as redis_side, suppress(OSError):
            answers = Thread(target=self._answer, args=(redis_side,), daemon=True)
            answers.start()
            while request := self.request.recv(65_536):
                self._is_cut = self.server.words in request and self.server.lost < self.server.most
                redis_side.sendall(request)
                if self._is_cut:
                    break
            else:
                redis_side.shutdown(socket.SHUT_RDWR)
            answers.join()

    def _answer(self, redis_side: socket.socket) -> None:
        with suppress(OSError):
            while (answer := redis_side.recv(65_536)) and not self._is_cut:
                self.request.sendall(answer)
        if self._is_cut:
            self.server.lost += 1


@contextmanager
def relayed(connect: Connect, words: bytes, most: float = 1) -> Iterator[Relay]:
    with Relay(connect, words, most) as relay:
        thread = Thread(target=relay.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield relay
        finally:
            relay.shutdown()
            thread.join()
