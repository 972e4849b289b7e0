"""Lines on their way out of the process, in a thread of their own: whatever happens there, the work does not wait."""

import logging
import os
import threading
from collections import deque

from redis.exceptions import RedisError

from cody2zoho.logs.context import Context
from cody2zoho.logs.shapes import Line, line

log = logging.getLogger(__name__)


class Sink:
    """Where lines go."""

    def send(self, waiting: deque[Line]) -> None:
        """Takes lines off the left as it gets rid of them; raises, and leaves the rest, where it cannot now."""
        raise NotImplementedError

    def close(self) -> None:
        """There will be no more."""


#: Between two looks whether there is something to send.
_EVERY_SECONDS = 0.5

#: About 5 MB, and some minutes of a busy worker.
_LARGEST = 10_000

#: How long the end of a process waits for the last lines.
_AT_THE_END_SECONDS = 3.0


class Behind(logging.Handler):
    """A bounded queue and the thread that empties it into a sink. What finds it full is dropped and counted."""

    def __init__(self, name: str, sink: Sink, largest: int = _LARGEST) -> None:
        super().__init__(logging.INFO)
        self.set_name(name)
        self.addFilter(Context())
        self._sink, self._largest = sink, largest
        self._waiting: deque[Line] = deque()
        self.dropped = 0
        self._process = 0
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if threading.current_thread() is self._thread and not record.name.startswith("cody2zoho"):
            # A library's line about the sending: one that fails would feed itself.
            return
        if len(self._waiting) >= self._largest:
            self.dropped += 1
            return
        self._waiting.append(line(record))
        if self._process != os.getpid():
            self._start()

    def close(self) -> None:
        """Send what is left, or give it up."""
        if self._thread and self._process == os.getpid():
            self._is_over.set()
            self._thread.join(_AT_THE_END_SECONDS)
        super().close()

    def _start(self) -> None:
        """With the first line, in the process that writes it: a thread does not survive a fork."""
        if self._process:
            self._waiting = deque(list(self._waiting)[-1:])
        self._process = os.getpid()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"logs to {self.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over.wait(_EVERY_SECONDS):
            self._send()
        self._send()
        self._sink.close()

    def _send(self) -> None:
        while self._waiting:
            try:
                self._sink.send(self._waiting)
            except (OSError, RedisError):
                # It is away; what waits goes out when it is back.
                return
            except Exception as error:  # noqa: BLE001 - one line that nobody can send must not stop the others
                self._waiting.popleft()
                log.warning("log_line_refused", extra={"sink": self.name, "kind": type(error).__name__})
        dropped, self.dropped = self.dropped, 0
        if dropped:
            log.warning("log_lines_dropped", extra={"sink": self.name, "lines": dropped})
